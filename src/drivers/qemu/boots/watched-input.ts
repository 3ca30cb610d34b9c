import { Writable } from 'node:stream';

/** The way to a machine's serial port, which tells whether anybody has used it, and can be closed for a while. */
export class WatchedInput extends Writable {
  readonly #target: Writable;
  /** Whether anything was written. */
  used = false;

  constructor(target: Writable) {
    super({ decodeStrings: true });
    this.#target = target;
    target.once('close', () => this.destroy());
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.used = true;
    this.#target.write(chunk, done);
  }

  /** What is written from now on waits. It has not been used before if it is not `used` now. */
  hold(): Disposable {
    this.cork();
    return { [Symbol.dispose]: () => this.uncork() };
  }
}
