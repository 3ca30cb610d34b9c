import { z } from 'zod';
import { DeviceError, raceSignal } from '../../../core/index.ts';
import type { Qmp } from './qmp.ts';
import type { QmpEvent } from './qmp-message.ts';

/** What one goes through that comes to its end, of QEMU's `MigrationStatus`. */
const STAGES = ['setup', 'active', 'pre-switchover', 'device', 'completed'] as const;
type Stage = (typeof STAGES)[number];
/** Of a migration that has come to nothing. */
const FAILED = ['failed', 'cancelled'];
const OVER: readonly (string | undefined)[] = [...FAILED, 'completed', undefined];
/** More than any disk or socket has, in bytes per second: QEMU's own limit is that of a shared network. */
const UNLIMITED = 2 ** 40;

/** It is switched over when the rest takes no longer than so many milliseconds. */
const DOWNTIME = 100;

const Info = z.object({
  status: z.string().optional(),
  'error-desc': z.string().optional(),
  'blocked-reasons': z.array(z.string()).default([]),
  ram: z.object({ 'dirty-sync-count': z.int() }).optional(),
});
const RunState = z.object({ status: z.string() });
const Capabilities = z.array(z.object({ capability: z.string(), state: z.boolean() }));

/** What QEMU can be asked to do when it migrates. */
export type MigrationCapability = 'events' | 'x-ignore-shared' | 'pause-before-switchover';

/** The migrations of one QEMU: how it gives away, and takes in, what a machine is doing. One at a time. */
export class Migrations {
  readonly #qmp: Pick<Qmp, 'execute' | 'query' | 'closed'>;
  #status: string | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(qmp: Pick<Qmp, 'execute' | 'query' | 'closed'>) {
    this.#qmp = qmp;
  }

  /** To be told of QEMU's events. */
  hear({ event, data }: QmpEvent): void {
    if (event !== 'MIGRATION') return;
    this.#status = String(data['status']);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** What this QEMU knows of. */
  async capabilities(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const known = await this.#qmp.query('query-migrate-capabilities', Capabilities, {}, { signal });
    return new Set(known.map(({ capability }) => capability));
  }

  /** What keeps the machine from being migrated now, in QEMU's words. */
  async blockers(signal: AbortSignal): Promise<readonly string[]> {
    return (await this.#query(signal))['blocked-reasons'];
  }

  /** Whether it was sent and has not run since: QEMU sends no machine twice, and running is the only way out of that. */
  async isSpent(signal: AbortSignal): Promise<boolean> {
    return (await this.#qmp.query('query-status', RunState, {}, { signal })).status === 'postmigrate';
  }

  /**
   * Begins to send the machine to the listener at `path`, as fast as that takes it.
   *
   * @param options.once The machine is stopped as soon as all of its memory was sent, however much has changed meanwhile.
   */
  async send(
    path: string,
    capabilities: Partial<Record<MigrationCapability, boolean>>,
    { once = false, signal }: { readonly once?: boolean; readonly signal: AbortSignal },
  ): Promise<void> {
    await this.#prepare(capabilities, signal);
    await this.#qmp.execute(
      'migrate-set-parameters',
      { 'max-bandwidth': UNLIMITED, 'downtime-limit': once ? 0 : DOWNTIME },
      { signal },
    );
    signal.throwIfAborted();
    // Without the signal: once QEMU has been told it begins, whether we wait for it or not.
    await this.#qmp.execute('migrate', { uri: `unix:${path}` });
    this.#status ??= 'begun';
  }

  /** Resolves when the machine may go on here: what has been begun and is not over is given up. */
  async release(): Promise<void> {
    if (!OVER.includes(this.#status)) {
      await this.#qmp.execute('migrate_cancel');
      const lost = this.#qmp.closed.then((reason) => Promise.reject(reason));
      lost.catch(() => undefined);
      while (!OVER.includes(this.#status)) await Promise.race([this.#changed.promise, lost]);
    }
    // Its event comes a moment before QEMU has finished with it, of which no event tells.
    while ((await this.#qmp.query('query-status', RunState)).status === 'finish-migrate');
  }

  /** Begins to take a machine in, by a URI of QEMU's: `fd:6`, `unix:/path`. */
  async receive(
    uri: string,
    capabilities: Partial<Record<MigrationCapability, boolean>>,
    signal: AbortSignal,
  ): Promise<void> {
    // One after the other without waiting: QEMU does so itself.
    const prepared = this.#prepare(capabilities, signal);
    const begun = this.#qmp.execute('migrate-incoming', { uri }, { signal });
    begun.catch(() => undefined);
    await prepared;
    await begun;
  }

  /** How often QEMU has asked what was written since, in the migration that has begun. It does so when that is `active`, and at its end. */
  async dirtySyncs(signal: AbortSignal): Promise<number> {
    return (await this.#query(signal)).ram?.['dirty-sync-count'] ?? 0;
  }

  /** Resolves when the migration that has begun is so far. @throws DeviceError when it fails. */
  async reached(stage: Stage, signal: AbortSignal): Promise<void> {
    const passed: readonly (string | undefined)[] = STAGES.slice(STAGES.indexOf(stage));
    while (!passed.includes(this.#status)) {
      if (FAILED.includes(this.#status ?? '')) throw await this.#failure(signal);
      await raceSignal(this.#changed.promise, signal);
    }
  }

  async #prepare(capabilities: Partial<Record<MigrationCapability, boolean>>, signal: AbortSignal) {
    this.#status = undefined;
    const wanted = Object.entries({ events: true, ...capabilities });
    const args = { capabilities: wanted.map(([capability, state]) => ({ capability, state })) };
    await this.#qmp.execute('migrate-set-capabilities', args, { signal });
  }

  async #query(signal: AbortSignal): Promise<z.output<typeof Info>> {
    return await this.#qmp.query('query-migrate', Info, {}, { signal });
  }

  async #failure(signal: AbortSignal): Promise<DeviceError> {
    const { 'error-desc': why } = await this.#query(signal);
    const message = `QEMU could not hand the machine over: ${why ?? `the migration ${this.#status}`}`;
    return new DeviceError(message, { event: 'migration', tail: '' });
  }
}
