import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROWS } from './rows.ts';
import { renderMarkdown } from './table.ts';

const DOC = join(import.meta.dirname, '../../../docs/interop.md');
const START = '<!-- the matrix; npx vitest run --project unit test/interop --update writes it -->';
const END = '<!-- its end -->';

test('docs/interop.md shows the matrix as it is run, with the reason for each dash', async () => {
  const [before = '', rest = ''] = (await readFile(DOC, 'utf8')).split(START);
  const [, after] = rest.split(END);
  expect(after, `the text between ${START} and ${END}`).toBeDefined();
  const doc = [before, START, '\n\n', renderMarkdown(ROWS), '\n\n', END, after].join('');
  await expect(doc).toMatchFileSnapshot(DOC);
});

test('rows have names of their own', () => {
  const names = ROWS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
