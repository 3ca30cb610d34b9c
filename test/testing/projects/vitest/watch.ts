/** Runs the tests as somebody does who watches them: again and again, with a machine of another size at last. */
import { startVitest } from 'vitest/node';

const options = { root: import.meta.dirname, watch: true };
// It is told when to run, and looks at no files.
const vitest = await startVitest('test', ['one', 'two'], options, { server: { watch: null } });
const rerun = async () => {
  console.log('--- again');
  await vitest.rerunTestSpecifications(await vitest.globTestSpecifications(['one', 'two']), true);
};
await rerun();
process.env['MEMORY'] = '96MiB';
await rerun();
console.log('--- closing');
await vitest.close();
