/** Who gives way in the background must be able to come back. */
import { getPriority } from 'node:os';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { canGiveBack } from '../../../src/drivers/qemu/machine/priority.ts';
import { MAY_RAISE } from '../../support/may-raise.ts';

const WITH = 'Name:\tnode\nCapEff:\t000001ffffffffff\n';
const WITHOUT = 'Name:\tnode\nCapEff:\t00000000a80425fb\n';
const limit = (soft: string) =>
  `Max nice priority         ${soft}                    0                    \n`;

describe('a priority can be given back', () => {
  test.each([
    ['by root', { uid: 0, nice: 0, status: WITH, limits: limit('0') }, true],
    ['not by root of a usual container', { uid: 0, nice: 0, status: WITHOUT, limits: limit('0') }, false],
    ['not by users', { uid: 1000, nice: 0, status: 'CapEff:\t0\n', limits: limit('0') }, false],
    ['by users whose limit allows it', { uid: 1000, nice: 0, status: '', limits: limit('20') }, true],
    ['not as far as it does not', { uid: 1000, nice: 0, status: '', limits: limit('15') }, false],
    ['by users who are nice already', { uid: 1000, nice: 10, status: '', limits: limit('10') }, true],
    ['by users without a limit', { uid: 1000, nice: 0, status: '', limits: limit('unlimited') }, true],
    ["not to another user's QEMU", { uid: 0, nice: 0, status: WITHOUT, limits: limit('40') }, false],
  ])('%s', (_, rights, can) => {
    expect(canGiveBack(rights)).toBe(can);
  });
});

/** Lets a process give way and come back; how nice it is after each, beside who asks. */
const GIVE_AND_TAKE = `
  import { spawn } from 'node:child_process';
  import { getPriority } from 'node:os';
  import { giveWay, goFirst } from '${new URL('../../../src/drivers/qemu/machine/priority.ts', import.meta.url)}';
  const child = spawn('sleep', ['1000']);
  giveWay(child.pid);
  const given = getPriority(child.pid) - getPriority();
  goFirst(child.pid);
  console.log(given, getPriority(child.pid) - getPriority());
  child.kill();
`;

describe.skipIf(!MAY_RAISE)('as root', () => {
  const run = (...before: string[]) => {
    const [program = '', ...args] = [...before, process.execPath, '--input-type=module', '-e', GIVE_AND_TAKE];
    return execa(program, args);
  };

  test('a process gives way, and comes back', async () => {
    expect((await run()).stdout).toBe(`${Math.min(10, 19 - getPriority())} 0`);
  });

  test('in a container that keeps that from it, it stays as it is', async () => {
    const without = ['setpriv', '--bounding-set', '-sys_nice', '--inh-caps', '-sys_nice'];
    expect((await run(...without)).stdout).toBe('0 0');
  });
});
