import { expect, test } from 'vitest';
import { planUp, readWords, type UpOptions } from '../../src/cli/up/plan-up.ts';
import { tellUse } from '../../src/cli/up/tell.ts';

const GIVEN: UpOptions = { arch: 'x86_64', memory: '1GiB', cpus: '2', ready: 'login: $' };

test('a machine is planned with its ports, and remembers its boot by what is waited for', () => {
  const { machine, ready } = planUp('debian-12', { ...GIVEN, publish: ['8080:80', '443'], ready: 'up!' });
  expect(machine.forwards).toEqual({
    'port-80': { guestPort: 80, hostPort: 8080 },
    'port-443': { guestPort: 443, hostPort: 0 },
  });
  expect(machine.boot).toEqual({ remember: true, ready: { console: 'up!' } });
  expect(ready).toEqual(/up!/);
});

test.each([
  ['up', 'debian-12', []],
  ['up ./a.img', './a.img', []],
  ['up ./a.img -- jl ssh -- id', './a.img', ['jl', 'ssh', '--', 'id']],
  ['up -- npm test', 'debian-12', ['npm', 'test']],
])('the command stands after the first --: %s', (typed, image, command) => {
  const argv = typed.split(' ');
  const [, ...words] = argv.filter((_, at) => at !== argv.indexOf('--'));
  expect(readWords(words, argv)).toEqual({ image, command });
});

test('a command without -- is a mistake', () => {
  expect(() => readWords(['a.img', 'jl'], ['up', 'a.img', 'jl'])).toThrow('jumplead up a.img -- COMMAND');
});

test('`--cold` remembers nothing', () => {
  expect(planUp('debian-12', { ...GIVEN, cold: true }).machine.boot).toBeUndefined();
});

test.each<[Partial<UpOptions>, string]>([
  [{ cpus: 'two' }, '--cpus: expected a whole number, got "two"'],
  [{ publish: ['80:'] }, '--publish: expected GUEST or HOST:GUEST, ports from 1 to 65535, got "80:"'],
  [{ publish: ['99999'] }, 'got "99999"'],
  [{ publish: ['0'] }, 'got "0"'],
  [{ ready: '(' }, '--ready: expected a regular expression, got "("'],
  [{ arch: 'vax' }, 'vax'],
])('a mistake is told by the name of its option: %j', (options, message) => {
  expect(() => planUp('debian-12', { ...GIVEN, ...options })).toThrow(message);
});

test('the ports that were asked for are told, the one of ssh is not', () => {
  const port = (guestPort: number) => ({ host: '127.0.0.1', hostPort: 40_000 + guestPort, guestPort });
  const forwards = { ssh: port(22), 'port-80': port(80) };
  const told = tellUse({ host: '/run/s', page: 'http://127.0.0.1:1/', username: 'me', forwards });
  expect(told).toContain('127.0.0.1:40080');
  expect(told).not.toContain('40022');
  expect(told).toContain('export JUMPSTARTER_HOST=/run/s');
});
