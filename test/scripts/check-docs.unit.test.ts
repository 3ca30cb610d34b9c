import { describe, expect, test } from 'vitest';
import { checkMarkdown, readRegion } from '../../scripts/check-docs.ts';

const SOURCE = `test('x', async () => {
  // #region login
  await tty.login();
  if (a) {

    b();
  }
  // #endregion
});
`;
const files: Readonly<Record<string, string>> = { 'test/a.ts': SOURCE, 'docs/other.md': '' };
const check = (text: string) => checkMarkdown('docs/page.md', text, (path) => files[path]);

describe('a region', () => {
  test('is what lies between its marks, without their indentation', () => {
    expect(readRegion(SOURCE, 'login')).toBe('await tty.login();\nif (a) {\n\n  b();\n}');
  });

  test('of another name is not there', () => {
    expect(readRegion(SOURCE, 'log')).toBeUndefined();
  });
});

describe('a page', () => {
  test('gets the code of its regions', () => {
    const { text, problems } = check('<!-- code: test/a.ts#login -->\n```ts\nold();\n```\nafter\n');
    expect(problems).toEqual([]);
    expect(text).toContain('```ts\nawait tty.login();\nif (a) {\n\n  b();\n}\n```\nafter\n');
    expect(check(text).text).toBe(text);
  });

  test('is told of regions that do not exist', () => {
    expect(check('<!-- code: test/a.ts#no -->\n```ts\n```\n').problems).toMatchInlineSnapshot(`
      [
        "docs/page.md:1: test/a.ts has no region no",
      ]
    `);
  });

  test('has no code of its own', () => {
    expect(check('text\n\n```ts\nfree();\n```\n').problems).toMatchInlineSnapshot(`
      [
        "docs/page.md:3: code that no test has seen; put <!-- code: path#region --> before it",
      ]
    `);
  });

  test('may show what is typed into a shell', () => {
    expect(check('```sh\nnpm test\n```\n').problems).toEqual([]);
  });

  test('links to files that are there', () => {
    const { problems } = check(
      '[a](other.md) [b](other.md#part) [c](https://example.org/x) [d](gone.md) [e](#here)',
    );
    expect(problems).toMatchInlineSnapshot(`
      [
        "docs/page.md:1: the link to gone.md leads nowhere",
      ]
    `);
  });
});
