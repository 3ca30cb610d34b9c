/**
 * Keeps the Markdown true: `node scripts/check-docs.ts [--write]`.
 *
 * A block of code after `<!-- code: path#region -->` is the text between `// #region region` and `// #endregion` of that
 * file, which is a test or is run by one; `--write` copies it. Links to files lead somewhere.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';

const INCLUDED = /^<!-- code: ([^#\s]+)#([\w-]+) -->\n+(```\w*\n)([\s\S]*?)^```$/gm;
const UNMARKED = /(?<!^<!-- code: .*-->\n+)^```(?:ts|js|tsx|typescript|javascript)$/gm;
const LINK = /\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g;

/** The text of a region, without the indentation that all of its lines have; `undefined`: the file has no such region. */
export function readRegion(text: string, name: string): string | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `// #region ${name}`);
  if (start < 0) return undefined;
  const end = lines.findIndex((line, index) => index > start && line.trim() === '// #endregion');
  if (end < 0) return undefined;
  const inside = lines.slice(start + 1, end).filter((line) => !/^\s*\/\/ biome-ignore /.test(line));
  const indents = inside.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  return inside.map((line) => line.slice(Math.min(...indents))).join('\n');
}

/** A Markdown text with its blocks filled in, and what is wrong with it apart from them. */
export function checkMarkdown(
  file: string,
  text: string,
  read: (path: string) => string | undefined,
): { text: string; problems: string[] } {
  const problems: string[] = [];
  const complain = (index: number, message: string) => {
    problems.push(`${file}:${text.slice(0, index).split('\n').length}: ${message}`);
  };
  const filled = text.replace(
    INCLUDED,
    (block, path: string, name: string, fence: string, _old, index: number) => {
      const region = readRegion(read(path) ?? '', name);
      if (region === undefined) complain(index, `${path} has no region ${name}`);
      return region === undefined ? block : `<!-- code: ${path}#${name} -->\n${fence}${region}\n\`\`\``;
    },
  );
  for (const { index } of text.matchAll(UNMARKED)) {
    complain(index, 'code that no test has seen; put <!-- code: path#region --> before it');
  }
  for (const { 1: target = '', index } of text.matchAll(LINK)) {
    if (read(join(dirname(file), target)) === undefined)
      complain(index, `the link to ${target} leads nowhere`);
  }
  return { text: filled, problems };
}

/** Decisions quote what was tried, and what came of it: their code is not for use. */
const FREE = ['docs/adr/**'];

function checkDocs(root: string, write: boolean): string[] {
  const skipped = ['**/node_modules/**', 'dist/**', 'out/**', ...FREE];
  const files = globSync('**/*.md', { cwd: root, exclude: skipped }).map((file) => file.replaceAll(sep, '/'));
  const read = (path: string) => {
    const full = join(root, path);
    if (!existsSync(full)) return undefined;
    return /\.\w+$/.test(path) ? readFileSync(full, 'utf8') : '';
  };
  return files.toSorted().flatMap((file) => {
    const old = readFileSync(join(root, file), 'utf8');
    const { text, problems } = checkMarkdown(file, old, read);
    if (text === old) return problems;
    if (write) writeFileSync(join(root, file), text);
    const stale = `${file}: its code is not that of the tests; \`npm run gen\` copies it`;
    return write ? problems : [...problems, stale];
  });
}

if (import.meta.main) {
  const problems = checkDocs(join(import.meta.dirname, '..'), process.argv.includes('--write'));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
