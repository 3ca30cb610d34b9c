import { BusyError } from '../../../core/index.ts';

/** Who may write: one at a time. Who writes first has the turn until it gives it up, or until somebody takes it over. */
export class WriteTurn {
  readonly #clock: () => Date;
  #holder: { readonly who: object; readonly name: string; readonly since: Date } | undefined;

  constructor(clock: () => Date = () => new Date()) {
    this.#clock = clock;
  }

  /** The name of who has it. */
  get holder(): string | null {
    return this.#holder?.name ?? null;
  }

  /** Takes the turn, or keeps it. @throws BusyError when somebody else has it. */
  take(who: object, name: string): void {
    if (this.#holder && this.#holder.who !== who) {
      const fields = { holder: this.#holder.name, since: this.#holder.since.toISOString() };
      const message = `the console is being written to by ${fields.holder}, since ${fields.since}`;
      throw new BusyError(message, fields, { operation: 'console.write' });
    }
    this.#holder ??= { who, name, since: this.#clock() };
  }

  /** Takes the turn from whoever has it. */
  takeOver(who: object, name: string): void {
    this.#holder = { who, name, since: this.#clock() };
  }

  /** Gives the turn up, if `who` has it. */
  release(who: object): void {
    if (this.#holder?.who === who) this.#holder = undefined;
  }

  /** Gives the turn up, whoever has it. */
  clear(): void {
    this.#holder = undefined;
  }
}
