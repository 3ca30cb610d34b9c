import { describe, expect, test } from 'vitest';
import type { LoginTiming } from '../../../src/client/console/tty-login.ts';
import { AuthError } from '../../../src/core/index.ts';
import { type FakeSystem, playSystem } from '../../fixtures/fake-getty.ts';
import { openTestTty } from '../../fixtures/open-tty.ts';
import { takeClock } from '../../support/take-clock.ts';

const USER = { username: 'debian', password: 'secret-42' } as const;
const HOUR = { timeout: '1h' } as const;
const NEVER = 3_600_000;

/** Silence never counts, except where a test is about it. */
const PATIENT: LoginTiming = { settled: 5, quiet: NEVER, stuck: NEVER, answer: 0 };
const IMPATIENT: LoginTiming = { ...PATIENT, quiet: 30 };

function start(system: FakeSystem, timing: LoginTiming = PATIENT, hasShownAnything = true) {
  const console = openTestTty({ timing, hasShownAnything: async () => hasShownAnything });
  return Object.assign(console, { play: () => playSystem(console.device, system) });
}

describe('login', () => {
  test.each<[string, FakeSystem]>([
    ['Debian', { prompt: 'debian@vm:~$ ' }],
    ['Fedora', { prompt: '[debian@vm ~]$ ' }],
    ['coloured', { prompt: '\x1b[01;32mdebian@vm\x1b[00m:\x1b[01;34m~\x1b[00m$ ' }],
    ['systemd 257', { prompt: '\x1b]3008;start=4c;user=debian\x1b\\\x1b[?2004hdebian@vm:~$ ' }],
    ['plain sh', { prompt: '$ ' }],
    ['busybox', { prompt: '~ # ' }],
    ['bash without its files', { prompt: 'bash-5.2$ ' }],
    ['no password', { passwordless: true }],
    ['kernel messages behind each prompt', { noise: '[   12.345678] audit: type=1400\r\n' }],
  ])('%s', async (_, system) => {
    await using console = start(system);
    await console.print('[    0.000000] Linux version 6.1 (debian-kernel@lists.debian.org) #1 SMP\r\n');
    const answers = console.play();
    await console.tty.login(USER, HOUR);
    expect(answers[0]).toEqual({ at: 'login', text: 'debian' });
    const passwords = answers.filter(({ text }) => text === USER.password);
    expect(passwords).toEqual(system.passwordless ? [] : [{ at: 'password', text: USER.password }]);
    expect(answers.at(-1)?.at).toBe('shell');
  });

  test('tries again as long as the user is still to be made', async () => {
    await using console = start({ refusals: 3 });
    const answers = console.play();
    await console.tty.login(USER, HOUR);
    expect(answers.filter(({ at }) => at === 'password')).toHaveLength(4);
  });

  test('does nothing but look where somebody is logged in', async () => {
    await using console = start({ start: 'shell' });
    const answers = console.play();
    await console.tty.login(USER, HOUR);
    expect(answers.every(({ at }) => at === 'shell')).toBe(true);
  });

  test('presses Enter at a console that says nothing', async () => {
    await using console = start({ start: 'silent shell' }, IMPATIENT);
    const answers = console.play();
    await console.tty.login(USER, HOUR);
    expect(answers[0]).toEqual({ at: 'shell', text: '' });
  });

  test('answers a prompt that somebody has waited for already', async () => {
    await using console = start({});
    const answers = console.play();
    await console.tty.expect('login: ', HOUR);
    await console.tty.login(USER, HOUR);
    await console.tty.expect('debian@vm:~$ ', HOUR);
    await console.tty.login(USER, HOUR);
    expect(answers.filter(({ at }) => at !== 'shell')).toHaveLength(2);
  });

  test('presses nothing while the device has not begun to speak', async () => {
    await using console = start({}, IMPATIENT, false);
    const login = console.tty.login(USER, HOUR);
    const typed = console.device[Symbol.asyncIterator]().next();
    await console.print('vm login: ');
    expect(Buffer.from((await typed).value ?? []).toString()).toBe('debian\r');
    await console.tty.close();
    await expect(login).rejects.toMatchObject({ reason: 'closed' });
  });

  test('answers only the last of several old prompts', async () => {
    await using console = start({ start: 'shell' });
    await console.print(
      'debian@vm:~$ exit\r\nvm login: debian\r\nPassword: \r\ndebian@vm:~$ ls\r\ndebian@vm:~$ exit\r\nvm login: debian\r\n',
    );
    const answers = console.play();
    await console.tty.login(USER, HOUR);
    expect(answers.every(({ at }) => at === 'shell')).toBe(true);
  });

  test('knows that an old shell has been left', async () => {
    await using console = start({});
    await console.print('debian@vm:~$ exit\r\nlogout\r\n');
    const answers = console.play();
    await console.tty.login(USER, HOUR);
    expect(answers[0]).toEqual({ at: 'login', text: 'debian' });
  });

  test('a refusal until the end is an AuthError without the password', async () => {
    await using console = start({ password: 'another' });
    using clock = takeClock();
    const answers = console.play();
    const login = console.tty.login(USER, HOUR).catch((e: unknown) => e);
    // With the second password the first was refused.
    await expect.poll(() => answers.filter(({ at }) => at === 'password').length).toBeGreaterThan(1);
    clock.advance(NEVER);
    const error = await login;
    expect(error).toBeInstanceOf(AuthError);
    expect(String(error)).toContain('Login incorrect');
    expect(String(error)).not.toContain(USER.password);
  });

  test('a password that was echoed is in no error', async () => {
    await using console = start({});
    const login = console.tty.login(USER, { timeout: 100 }).catch((error: unknown) => error);
    await console.print(`vm login: Password: ${USER.password}\r\n`);
    const error = await login;
    expect(error).toMatchObject({ code: 'expect', reason: 'timeout' });
    expect(JSON.stringify(error) + String(error) + console.tty.tail).not.toContain(USER.password);
  });

  test.each([
    ['GUEST_PANICKED', '[    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs\r\n'],
    ['EMERGENCY_MODE', 'You are in emergency mode. After logging in, type "journalctl -xb"\r\n'],
    ['EMERGENCY_MODE', 'BusyBox v1.35 built-in shell (ash)\r\n\r\n(initramfs) '],
  ])('knows when there is nothing to wait for: %s', async (event, text) => {
    await using console = start({});
    await console.print(text);
    await expect(console.tty.login(USER, HOUR)).rejects.toMatchObject({ code: 'device', event });
  });

  test('a demand for a new password is an AuthError', async () => {
    await using console = start({ prompt: 'Current password: ', greeting: 'You must change it now.\r\n' });
    console.play();
    await expect(console.tty.login(USER, HOUR)).rejects.toMatchObject({ code: 'auth' });
  });
});
