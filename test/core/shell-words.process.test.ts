import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runTool } from '../../src/core/index.ts';
import { quoteWord, shellLine } from '../../src/core/shell-words.ts';

describe('shellLine', () => {
  test('leaves text to the shell and quotes words', () => {
    expect(shellLine('echo $HOME | wc')).toBe('echo $HOME | wc');
    expect(shellLine(['uname', '-r'])).toBe('uname -r');
    expect(shellLine(['echo', '$HOME', "it's", ''])).toBe(`echo '$HOME' 'it'\\''s' ''`);
  });

  test('a shell reads every word as it was', async () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    const words = fc.sample(word, 300);
    const line = `printf '%s\\0' ${words.map(quoteWord).join(' ')}`;
    const { stdout } = await runTool('sh', ['-c', line]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(words.map((text) => Buffer.from(text).toString()));
  });
});
