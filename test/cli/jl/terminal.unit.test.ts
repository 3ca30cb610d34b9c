import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSshCommand, planSsh } from '../../../src/cli/jl/ssh-command.ts';
import { createLeaveSequence } from '../../../src/cli/jl/terminal/leave-sequence.ts';
import { planPipe } from '../../../src/cli/jl/terminal/pipe.ts';
import { createQueryFilter } from '../../../src/cli/jl/terminal/query-filter.ts';

const ESC = '\x1b';

function filtered(...pieces: string[]): string {
  const filter = createQueryFilter();
  return pieces
    .map((piece) => Buffer.from(filter.push(Buffer.from(piece, 'latin1'))).toString('latin1'))
    .join('');
}

const QUERIES = [
  '[6n',
  '[5n',
  '[?6n',
  '[?996n',
  '[c',
  '[0c',
  '[>c',
  '[>0c',
  '[=c',
  '[?2026$p',
  '[>q',
  '[>0q',
  '[14t',
  '[18t',
  '[21t',
  '[x',
  '[?u',
  '[?1;1;0S',
  'Z',
  ']11;?\x07',
  `]11;?${ESC}\\`,
  ']4;1;?\x07',
  ']52;c;?\x07',
  'P$qm\x1b\\',
  'P+q544e\x1b\\',
].map((query) => ESC + query);

test.each(QUERIES)('%j makes a terminal answer: it is not shown again', (query) => {
  expect(filtered(`a${query}b`)).toBe('ab');
});

const HARMLESS = [
  '[31m',
  '[0m',
  '[2J',
  '[?1049h',
  '[10;20H',
  '[8;24;80t',
  ']0;a title\x07',
  '(B',
  '7',
  'M',
  '[?25l',
  ']8;;http://x?y\x07',
].map((sequence) => ESC + sequence);

test.each(HARMLESS)('%j is shown', (sequence) => {
  expect(filtered(`a${sequence}b`)).toBe(`a${sequence}b`);
});

test('where the pieces end makes no difference', () => {
  const texts = fc.array(fc.constantFrom(...QUERIES, ...HARMLESS, 'text', '\r\n', '\x05', ESC));
  fc.assert(
    fc.property(texts, fc.array(fc.nat()), (parts, cuts) => {
      const text = parts.join('');
      const at = cuts.map((cut) => cut % (text.length + 1)).toSorted((a, b) => a - b);
      const pieces = [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length));
      expect(filtered(...pieces)).toBe(filtered(text));
    }),
  );
});

test('Ctrl-B three times in a row is the way out, in whatever pieces it comes', () => {
  const press = (...keys: string[]) => {
    const look = createLeaveSequence();
    return keys.map((one) => {
      const { forward, left } = look(Buffer.from(one));
      return [Buffer.from(forward).toString(), left];
    });
  };
  expect(press('a\x02', '\x02\x02b')).toEqual([
    ['a\x02', false],
    ['\x02', true],
  ]);
  expect(press('\x02\x02a\x02')).toEqual([['\x02\x02a\x02', false]]);
});

test('what the options of pipe mean together', () => {
  expect(planPipe({ output: true }, true)).toEqual({ output: undefined, append: false, input: false });
  expect(planPipe({ output: 'file', append: true }, false)).toEqual({
    output: 'file',
    append: true,
    input: true,
  });
  expect(planPipe({ output: false, input: true }, true)).toEqual({
    output: null,
    append: false,
    input: true,
  });
  expect(() => planPipe({ output: false }, true)).toThrow('--no-output requires stdin');
  expect(() => planPipe({ output: true, append: true }, true)).toThrow('--append requires --output FILE');
});

const PARTS = { command: ['ssh'], key: '/key', username: 'root', host: '127.0.0.1', port: 2222 };

test.each([
  [[], 'ssh -i /key -p 2222 -l root 127.0.0.1'],
  [['uname', '-r'], 'ssh -i /key -p 2222 -l root 127.0.0.1 uname -r'],
  [
    ['-v', '-l', 'me', '-L', '8080:x:80', 'ls', '-l'],
    'ssh -i /key -p 2222 -v -l me -L 8080:x:80 127.0.0.1 ls -l',
  ],
])('%j becomes %s', (args, line) => {
  expect(planSsh(PARTS, args).join(' ')).toBe(line);
});

const STOCK = 'ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';

test.each([
  [STOCK, undefined],
  ['ssh -oBatchMode=yes -4', undefined],
  ['bash -c id', 'bash'],
  ['ssh -o ProxyCommand=id', '-oProxyCommand=id'],
  ['ssh -oProxyCommand=id', '-oProxyCommand=id'],
  ['ssh -F /tmp/config', '-F'],
  ['ssh -A', '-A'],
  ['ssh -o UserKnownHostsFile=/home/me/.bashrc', '-oUserKnownHostsFile=/home/me/.bashrc'],
])('an exporter that wants %s', (command, refused) => {
  const check = () => checkSshCommand(command.split(' '));
  if (refused === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(`${JSON.stringify(refused)} may run something else on this host`);
});
