// node serve.ts <candidate> <socket>: the server of one candidate, until it is killed.
import type { Candidate } from './candidate.ts';

const [name = '', path = ''] = process.argv.slice(2);
const { candidate } = (await import(`./candidates/${name}.ts`)) as { candidate: Candidate };
await candidate.serve(path);
process.send?.('ready');
