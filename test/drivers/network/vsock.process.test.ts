import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectThrough } from '../../../src/drivers/network/connect-through.ts';
import { vsockNetwork } from '../../../src/drivers/network/index.ts';
import { planVsock, type VsockPlan } from '../../../src/drivers/network/plan-vsock.ts';
import { callContext, openDriver, readAll } from '../open-driver.ts';

const SOCAT = fileURLToPath(new URL('../../fixtures/fake-socat.ts', import.meta.url));
const { signal } = new AbortController();

/** What is planned, with a program in the place of socat that has no vsock either. */
const planned = (what: string): VsockPlan => ({
  ...planVsock({ cid: 3, port: 22 }),
  program: process.execPath,
  args: [SOCAT, what],
});

afterEach(() => vi.unstubAllEnvs());

it('plans a connection by socat that goes on after the end of one direction', () => {
  expect(planVsock({ cid: 3, port: 22 })).toMatchObject({
    target: 'vsock:3:22',
    program: 'socat',
    args: ['-d', '-d', '-t', '1000000000', '-', 'VSOCK-CONNECT:3:22'],
  });
});

it('says which program is missing', async () => {
  vi.stubEnv('PATH', '/nonexistent');
  await using node = await openDriver(vsockNetwork({ cid: 3, port: 22 }));
  await expect(node.handlers.connect(undefined, callContext())).rejects.toMatchObject({
    code: 'launch',
    message: 'socat is not installed; vsock needs it',
    hint: 'install the package socat',
  });
});

describe('with a fake of socat', () => {
  it('carries both directions, with half-close', async () => {
    await using channel = await connectThrough(planned('echo'), signal);
    await channel.write(Buffer.alloc(30_000, 'x'));
    await channel.end();
    expect((await readAll(channel)).length).toBe(30_000);
  });

  it('says why there is no connection', async () => {
    await expect(connectThrough(planned('refused'), signal)).rejects.toMatchObject({
      code: 'unreachable',
      target: 'vsock:3:22',
      message: 'vsock:3:22: cannot connect (connect(5, AF=40 cid:3 port:22, 16): Connection reset by peer)',
    });
  });

  it('gives what breaks the connection to its reader', async () => {
    await using channel = await connectThrough(planned('reset'), signal);
    await channel.write(Buffer.from('hello'));
    await expect(readAll(channel)).rejects.toMatchObject({
      code: 'unreachable',
      message: 'vsock:3:22: the connection was lost (read(5, 0x55d0, 8192): Connection reset by peer)',
    });
  });

  it('ends with a caller who gives up while it connects', async () => {
    const caller = new AbortController();
    const reason = new Error('enough');
    const call = connectThrough(planned('silent'), caller.signal);
    caller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});
