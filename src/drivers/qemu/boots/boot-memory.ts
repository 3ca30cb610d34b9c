import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { cpus } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { cacheDir, firstLine, isDutError, type Log, parseSize } from '../../../core/index.ts';
import type { CallContext } from '../../../driver/index.ts';
import type { QemuConfig } from '../config.ts';
import type { Recorder } from '../console/recorder.ts';
import type { HostFacts } from '../host-facts.ts';
import type { PowerSession } from '../machine/power-session.ts';
import type { Equipment } from '../prepare.ts';
import { planObstacles } from '../snapshots/obstacles.ts';
import { renewGuest } from '../snapshots/renew-guest.ts';
import type { Snapshot } from '../snapshots/snapshot.ts';
import { fileIdentity } from '../storage/file-identity.ts';
import { bootKey } from './boot-key.ts';
import { BootDamage, BootStore, bootsDir, type RememberedBoot } from './boot-store.ts';
import { describeReadiness, hasBooted } from './readiness.ts';
import type { WatchedInput } from './watched-input.ts';

/** How the last power-on went. */
export interface BootReport {
  readonly kind: 'cold' | 'remembered';
  /** Why it was a cold one, or when that was stored which it resumed from. */
  readonly reason: string;
}

/** Where a machine starts that is not to boot. */
export interface BootStart extends RememberedBoot {
  readonly file: FileHandle;
}

/** What became of a cold boot. */
export type BootOutcome = { readonly key: string } | { readonly reason: string };

export interface BootMemoryParts {
  readonly equipment: Equipment;
  readonly recorder: Recorder;
  readonly log: Log;
  /** The console's way in, while the machine is on. */
  readonly input: () => WatchedInput | undefined;
  /** Is told of each cold boot once what has become of it: it was stored, or why it is not remembered. */
  readonly onOutcome: (outcome: BootOutcome) => void;
  /** Saves the machine for as long as `use` takes; whoever wants to do something with it goes before. */
  readonly whileSaved: (context: CallContext, use: (saved: Snapshot) => Promise<void>) => Promise<void>;
}

/** The longest that a guest which has resumed may take for new randomness and the time, in milliseconds. */
const RENEWAL = 15_000;

/** What one machine knows of boots: the first power-on after a flash resumes from one, or is stored when it is ready. */
export class BootMemory implements AsyncDisposable {
  /** How the last power-on went. */
  report: BootReport = { kind: 'cold', reason: 'it has not been switched on' };
  readonly #parts: BootMemoryParts;
  readonly #store = new BootStore(bootsDir(cacheDir()));
  readonly #handles = new AsyncDisposableStack();
  readonly #closing = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  #doubting: Promise<unknown> = Promise.resolve();
  /** What was on the disks at the last power-on, and the key of the boot that is to be stored. */
  #flashes = -1;
  #pending: string | undefined;
  /** The stored boot that the machine has been since its power-on. */
  #resumed: string | undefined;

  constructor(parts: BootMemoryParts) {
    this.#parts = parts;
  }

  /** The stored boot that the machine runs on. */
  get resumed(): string | undefined {
    return this.#resumed;
  }

  /** The machine has become another in another way. */
  forget(): void {
    this.#flashes = this.#parts.equipment.media.flashes;
    this.#pending = undefined;
    this.#resumed = undefined;
    this.report = { kind: 'cold', reason: 'it was started from a snapshot' };
  }

  /** Where the power-on that begins can resume, if it is the first one after a flash and such a boot is stored. */
  async recall(signal: AbortSignal): Promise<BootStart | undefined> {
    const { equipment, log } = this.#parts;
    const { media, config, host, notes } = equipment;
    await this.#doubting;
    this.#pending = undefined;
    this.#resumed = undefined;
    if (media.flashes === this.#flashes || !(await media.isUntouched())) {
      this.report = { kind: 'cold', reason: 'the disk has been booted before' };
      return undefined;
    }
    this.#flashes = media.flashes;
    const [obstacle] = planObstacles(config, host);
    if (obstacle) {
      this.report = {
        kind: 'cold',
        reason: `it cannot be remembered: ${obstacle.reason}; ${obstacle.instead}`,
      };
      log.warn({}, `this boot is not remembered: ${obstacle.reason}; ${obstacle.instead}`);
      return undefined;
    }
    const key = await keyOf(equipment, signal);
    // Noted before it is looked for: from then on nobody clears it away.
    await notes.add(this.#store.pathOf(key));
    try {
      const found = await this.#store.find(key, signal);
      if (found) {
        const file = this.#handles.use(await open(found.memory));
        this.report = { kind: 'remembered', reason: `stored ${found.created.toISOString()}` };
        return { ...found, file };
      }
      this.report = { kind: 'cold', reason: 'no such boot is remembered' };
    } catch (error) {
      signal.throwIfAborted();
      await this.#drop(key, error instanceof BootDamage ? error.message : String(error));
    }
    await notes.forget(this.#store.pathOf(key));
    this.#pending = key;
    return undefined;
  }

  /** What was recalled could not be started: the machine boots. */
  async giveUp({ key }: RememberedBoot, reason: string): Promise<void> {
    await this.#parts.equipment.media.startOver();
    await this.#drop(key, reason);
    this.#pending = key;
  }

  /** The machine runs that was recalled: it gets what no other may have. */
  async renew({ key, renews }: RememberedBoot, session: PowerSession, signal: AbortSignal): Promise<void> {
    const { log } = this.#parts;
    this.#tell();
    this.follow(key, session);
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(RENEWAL)]);
    try {
      await renewGuest(session.agent, renews, { log, signal: bounded });
    } catch (error) {
      signal.throwIfAborted();
      log.warn(
        { reason: String(error) },
        'the randomness and the clock of a boot that was resumed are what they were',
      );
    }
  }

  /** The machine runs on this boot: if its kernel hits a bug, nobody is to start from that again. */
  follow(key: string, { kernel }: PowerSession): void {
    this.#resumed = key;
    const act = () => {
      this.#doubting = Promise.all([this.#doubting, this.#doubt(key, firstLine(kernel.reason))]);
    };
    if (kernel.aborted) act();
    else kernel.addEventListener('abort', act, { once: true });
  }

  async #doubt(key: string, what: string): Promise<void> {
    const reason = `a machine that resumed from it failed: ${what}`;
    const { log } = this.#parts;
    if (this.#resumed === key && this.report.kind === 'remembered')
      this.report = { ...this.report, reason: `${this.report.reason}; not trusted any more: ${reason}` };
    log.warn({ key, reason }, 'this boot is not resumed from again: the next one is a cold one');
    await this.#store
      .doubt(key, reason)
      .catch((error) => log.error({ key, reason: String(error) }, 'that could not be written down'));
  }

  /** The machine boots: once it is ready, its boot is stored, unless somebody has used it before. */
  watch(session: PowerSession): void {
    this.#tell();
    const key = this.#pending;
    const { log, onOutcome } = this.#parts;
    this.#pending = undefined;
    if (key === undefined) {
      onOutcome({ reason: this.report.reason });
      return;
    }
    const ended = new AbortController();
    void session.ended.then(() => ended.abort(new Error('the machine is off')));
    const signal = AbortSignal.any([ended.signal, this.#closing.signal, session.boot, session.kernel]);
    this.#watching = this.#remember(key, session, signal).catch((error) => {
      const quiet =
        (signal.aborted && !session.kernel.aborted) || (isDutError(error) && error.code === 'state');
      const reason = session.kernel.aborted ? firstLine(error) : String(error);
      log[quiet ? 'info' : 'warn']({ reason }, 'this boot is not remembered');
      onOutcome({ reason });
    });
  }

  #tell(): void {
    const { kind, reason } = this.report;
    this.#parts.log.info({ kind, reason }, kind === 'cold' ? 'the machine boots' : 'the machine resumes');
  }

  /** Resolves when the boot that is to be stored is stored, or is not. */
  async settled(): Promise<void> {
    await this.#watching;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the machine is closed'));
    await this.#watching;
    await this.#doubting;
    await this.#handles.disposeAsync();
  }

  async #remember(key: string, session: PowerSession, signal: AbortSignal): Promise<void> {
    const { equipment, recorder, log, input, onOutcome, whileSaved } = this.#parts;
    const { config } = equipment;
    const ready = config.boot?.ready;
    if (!ready) return;
    await hasBooted(ready, { session, recorder }, signal);
    const tooLate = () => {
      const reason = 'somebody has used the machine before it was ready';
      log.info({}, `this boot is not remembered: ${reason}`);
      onOutcome({ reason });
    };
    const console = input();
    // Whoever sees the prompt may write at once: it is not to become part of what others get.
    using held = console?.hold();
    if (console?.used || session.used) return tooLate();
    const context = { signal, log, peer: { name: 'a boot that is remembered', local: true } };
    await whileSaved(context, async (snapshot) => {
      // It ran on while it was saved.
      if (session.used) return tooLate();
      held?.[Symbol.dispose]();
      const { memory, state, origin, pause, renews } = snapshot.saved;
      const history = await this.#cutHistory(snapshot.saved.history);
      const material = {
        memory: `/proc/self/fd/${memory.fd}`,
        state,
        history,
        seed: origin.seed,
        bases: origin.bases,
      };
      const about = { ready: describeReadiness(ready), hostname: config.hostname, renews };
      // What was saved is whole, also when the machine is switched off by now.
      const whole = AbortSignal.any([this.#closing.signal, session.kernel]);
      const stored = await this.#store.add(key, material, about, whole);
      log.info({ key, stored, pause: Math.round(pause) }, 'this boot is remembered');
      onOutcome(stored ? { key } : { reason: 'another process has stored it, or is about to' });
      if (stored) await this.#store.shrink(parseSize(config.bootLimit), key);
    });
  }

  /** What the console has shown since the power-on, without what it showed in earlier ones. */
  async #cutHistory(history: string): Promise<string> {
    const { recorder } = this.#parts;
    const cut = `${history}.boot`;
    const start = Math.max(0, recorder.boot - recorder.oldest);
    await pipeline(
      createReadStream(history, { start }),
      createWriteStream(cut, { flags: 'wx', mode: 0o600 }),
    );
    return cut;
  }

  async #drop(key: string, reason: string): Promise<void> {
    const { log, equipment } = this.#parts;
    await equipment.notes.forget(this.#store.pathOf(key));
    await this.#store.remove(key);
    this.report = { kind: 'cold', reason: `what was remembered is of no use: ${reason}` };
    log.warn({ key, reason }, 'what was remembered of this boot is of no use: the machine boots');
  }
}

async function keyOf(
  { config, host, media, sizes, ...rest }: Equipment,
  signal: AbortSignal,
): Promise<string> {
  const { uuid, mac, password, keys } = rest;
  return bootKey({
    config: { ...config, ...sizes },
    host,
    contents: await media.digests(signal),
    files: await filesOf(config, host),
    identity: JSON.stringify([uuid, mac, password, keys.publicKey]),
    hostCpu: cpus()[0]?.model ?? 'unknown',
  });
}

/** The files of the host that decide a boot. What was flashed is known by its content. */
async function filesOf(
  { kernel, initrd, cdrom, disks }: QemuConfig,
  { firmware, qemu }: HostFacts,
): Promise<Record<string, string>> {
  const ofFirmware =
    firmware.kind === 'uefi'
      ? [firmware.code.path, firmware.vars.path]
      : firmware.kind === 'bios' && firmware.path
        ? [firmware.path]
        : [];
  const paths = [qemu.binary, kernel, initrd, cdrom, ...disks.map(({ path }) => path), ...ofFirmware];
  const known = paths.filter((path) => path !== undefined);
  return Object.fromEntries(await Promise.all(known.map(async (path) => [path, await fileIdentity(path)])));
}
