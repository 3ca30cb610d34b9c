import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Driver, defineDriver } from '../../../src/driver/index.ts';
import { echoNetwork, sshWrapper, tcpNetwork, vnc } from '../../../src/drivers/std/index.ts';
import { Network } from '../../../src/interfaces/index.ts';
import { callContext, openDriver, readAll } from '../open-driver.ts';

describe('echoNetwork', () => {
  it('sends back what it gets', async () => {
    await using node = await openDriver(echoNetwork());
    await using channel = await node.handlers.connect(undefined, callContext());
    await channel.write(Buffer.from('hello'));
    await channel.end();
    expect(await readAll(channel)).toBe('hello');
  });
});

describe('tcpNetwork', () => {
  const address = async (config: Parameters<typeof tcpNetwork>[0]) => {
    await using node = await openDriver(tcpNetwork(config));
    return node.handlers.address(callContext());
  };

  it('tells its address with the host resolved', async () => {
    expect(await address({ host: '127.0.0.1', port: 80 })).toBe('tcp://127.0.0.1:80');
    expect(await address({ host: '::1', port: 80 })).toBe('tcp://[::1]:80');
  });

  it('keeps a host name that has no address here', async () => {
    expect(await address({ host: 'board.invalid', port: 80 })).toBe('tcp://board.invalid:80');
  });

  it('does not tell its address when it is not to', async () => {
    await expect(address({ host: '127.0.0.1', port: 80, enableAddress: false })).rejects.toMatchObject({
      code: 'config',
      message: 'enable_address mode is not true in the exporter configuration',
    });
  });

  it('names the field that is wrong', () => {
    expect(() => tcpNetwork({ host: 'board', port: 0 })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: tcp-network: the configuration is wrong
        port: got 0; too small: expected number to be >=1]
    `);
  });
});

describe('vnc', () => {
  it('is a node with the child tcp', async () => {
    const driver = vnc({ tcp: echoNetwork(), defaultEncrypt: true });
    await using node = await openDriver(driver);
    expect(await node.handlers.getDefaultEncrypt(callContext())).toBe(true);
    expect(Object.keys(node.children)).toEqual(['tcp']);
    expect(driver.children.tcp.interface).toBe(Network);
  });
});

describe('sshWrapper', () => {
  it("has Jumpstarter's defaults", async () => {
    await using node = await openDriver(sshWrapper({ tcp: echoNetwork() }));
    expect(await node.handlers.getDefaultUsername(callContext())).toBe('');
    expect(await node.handlers.getSshIdentity(callContext())).toBe(null);
    expect(await node.handlers.getSshCommand(callContext())).toBe(
      'ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR',
    );
  });

  it('reads the identity when it is asked for', async () => {
    await using stack = new AsyncDisposableStack();
    const dir = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
    stack.defer(() => rm(dir, { recursive: true }));
    const sshIdentityFile = join(dir, 'key');
    await using node = await openDriver(sshWrapper({ tcp: echoNetwork(), sshIdentityFile }));
    await expect(node.handlers.getSshIdentity(callContext())).rejects.toMatchObject({ code: 'config' });
    await writeFile(sshIdentityFile, 'a key');
    expect(await node.handlers.getSshIdentity(callContext())).toBe('a key');
  });

  it('takes the identity in one way only', () => {
    const both = { tcp: echoNetwork(), sshIdentity: 'a key', sshIdentityFile: '/key' };
    expect(() => sshWrapper(both)).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: ssh-wrapper: the configuration is wrong
        sshIdentityFile: got "/key"; give either sshIdentity or sshIdentityFile, not both]
    `);
  });
});

describe('a composite', () => {
  /** Notes when it is opened and closed. */
  const noting = (events: string[], name: string, open?: () => void): Driver<typeof Network> =>
    defineDriver({
      name,
      interface: Network,
      config: z.strictObject({}),
      open: () => {
        open?.();
        events.push(`${name} opened`);
        return {
          connect: async () => Promise.reject(new Error('not asked for here')),
          [Symbol.asyncDispose]: async () => void events.push(`${name} closed`),
        };
      },
    })({});

  it('closes its child', async () => {
    const events: string[] = [];
    await (await openDriver(vnc({ tcp: noting(events, 'tcp') })))[Symbol.asyncDispose]();
    expect(events).toEqual(['tcp opened', 'tcp closed']);
  });

  it('says nothing of its own when its child cannot be opened', async () => {
    const failure = new Error('no such port');
    const broken = noting([], 'tcp', () => {
      throw failure;
    });
    await expect(openDriver(vnc({ tcp: broken }))).rejects.toBe(failure);
  });
});
