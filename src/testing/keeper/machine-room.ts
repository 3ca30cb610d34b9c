import { EventEmitter, on } from 'node:events';
import { formatDuration, type Log, NotFoundError, settleAll, UnderWay } from '../../core/index.ts';
import type { CallContext, DriverNode } from '../../driver/index.ts';
import { driverOf } from '../test-driver.ts';
import { type ClaimedMachine, TestMachines, type WantedMachine } from './contract.ts';
import { SharedMachine } from './shared-machine.ts';

const end = async (machine: SharedMachine | undefined) => await machine?.[Symbol.asyncDispose]();

/** The machines of a run of tests, and of the runs after it where tests are watched. */
export class MachineRoom implements AsyncDisposable {
  readonly #machines = new Map<string, SharedMachine>();
  readonly #ending = new UnderWay();
  readonly #news = new EventEmitter<{ line: [string] }>();
  readonly #log: Log;
  #made = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The room as a driver has it. */
  get node(): DriverNode<typeof TestMachines> {
    return {
      interface: TestMachines,
      children: {},
      handlers: {
        claim: (wanted, { signal }) => this.#claim(wanted, signal),
        ready: async (name, { kind, duration }) => {
          this.#find(name).becomeReady();
          const how = kind === 'remembered' ? 'resumed a boot that was remembered' : 'booted';
          this.#tell(`${name} ${how}, ready after ${formatDuration(duration)}`);
          return null;
        },
        failed: async (name, reason) => {
          await this.#find(name).fail(reason);
          return null;
        },
        keep: (fork) => this.#find(fork.machine).keep(fork),
        kept: async () => [...this.#machines.values()].flatMap(({ kept }) => kept),
        nextRun: async () => {
          await this.#nextRun();
          return null;
        },
        news: (context) => this.#follow(context),
      },
      close: () => this[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await settleAll([this.#end([...this.#machines.keys()]), this.#ending.over()]);
  }

  async *#claim(wanted: WantedMachine, signal: AbortSignal): AsyncGenerator<ClaimedMachine> {
    const key = JSON.stringify(wanted);
    let machine = this.#machines.get(key);
    if (!machine) {
      const { type, config, artifacts } = wanted;
      const driver = await driverOf({ type, config });
      const name = `${type}-${++this.#made}`;
      // Somebody may have asked for the same meanwhile.
      machine =
        this.#machines.get(key) ??
        new SharedMachine({
          ...{ name, driver, log: this.#log },
          artifacts: artifacts ?? undefined,
        });
      this.#machines.set(key, machine);
    }
    yield* machine.claim(signal);
  }

  #find(name: string): SharedMachine {
    const known = [...this.#machines.values()];
    const found = known.find((machine) => machine.name === name);
    if (found) return found;
    const fields = { what: 'machine', missing: name, known: known.map((machine) => machine.name) };
    throw new NotFoundError(`there is no machine ${name}`, fields);
  }

  async #nextRun(): Promise<void> {
    const machines = [...this.#machines];
    await Promise.all(machines.map(([, machine]) => machine.endKept()));
    // A run without any machine says nothing about them.
    const tellsOfUse = machines.some(([, { wanted }]) => wanted);
    const useless = machines.filter(([, it]) => it.hasFailed || (tellsOfUse && !it.wanted));
    await this.#end(useless.map(([key]) => key));
    for (const [, machine] of machines) machine.wanted = false;
  }

  async #end(keys: readonly string[]): Promise<void> {
    const machines = keys.map((key) => this.#machines.get(key));
    for (const key of keys) this.#machines.delete(key);
    await settleAll(machines.map((machine) => this.#ending.add(end(machine))));
  }

  #tell(line: string): void {
    this.#news.emit('line', line);
  }

  async *#follow({ signal }: CallContext): AsyncGenerator<string> {
    for await (const [line] of on(this.#news, 'line', { signal })) yield line as string; // SAFE: what is emitted
  }
}
