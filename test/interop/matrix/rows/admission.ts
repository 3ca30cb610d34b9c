import { expect } from 'vitest';
import { connect, defineRig, exploreSession } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { Composite } from '../../../../src/interfaces/index.ts';
import type { Exporter, Transport } from '../exporters.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig({});

async function typescript({ exporter, session }: TypescriptRun<typeof Composite, unknown>) {
  const { address, options } = exporter.tls;
  await using _ = await connect(address, rig, options);
  const { passphrase, ...none } = options;
  const refused = { code: 'auth', fault: 'caller' };
  await expect(connect(address, rig, none)).rejects.toMatchObject(refused);
  const wrong = connect(address, rig, { ...none, passphrase: `not-${passphrase}` });
  await expect(wrong).rejects.toMatchObject(refused);
  await expect(connect(address, rig, { passphrase })).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(/certificate/),
  });
  await expect(connect(address, rig, { passphrase, insecure: true })).rejects.toMatchObject({
    code: 'unreachable',
  });
  const status = await session.status();
  expect(status).toMatchObject({ state: 'LEASE_READY', version: 1, previous: 'AVAILABLE' });
  expect(await session.endSession()).toBe(false);
  await using again = await exploreSession(exporter.unix.address);
  expect((await again.session.status()).state).toBe('LEASE_READY');
}

/** `over` with another passphrase. */
const by = (over: Transport, passphrase: string): Transport => ({
  ...over,
  env: { ...over.env, JMP_GRPC_PASSPHRASE: passphrase },
});

async function command({ run, exporter }: CommandRun<unknown>) {
  const { tls, passphrase } = exporter as Exporter;
  const right = await run('power on', { over: tls });
  expect(right.exitCode).toBe(0);
  for (const other of [`not-${passphrase}`, '']) {
    const { exitCode, stderr, stdout } = await run('power on', { over: by(tls, other) });
    expect(exitCode).not.toBe(0);
    expect(stderr + stdout).toContain('invalid or missing passphrase');
    expect(stderr + stdout).not.toContain(passphrase);
  }
}

/** Who is let in: the right passphrase, a wrong one, none; a certificate that is not trusted. */
export const admission = defineRow({
  name: 'admission',
  title: 'session: TLS, passphrase, status',
  rig: Composite,
  open: () => ({ python: {}, ours: group({}), facts: {} }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'admission.py',
  jTs: command,
  jlPy: command,
});
