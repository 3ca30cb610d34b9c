import { LaunchError } from '../../core/index.ts';

/** A server that listens. Disposing of it ends it, with what is under way. */
export interface ListeningServer extends AsyncDisposable {
  readonly port: number;
}

/** Starts and stops a server, one after the other, whoever asks at the same time. */
export class ServerSwitch implements AsyncDisposable {
  readonly #open: () => Promise<ListeningServer>;
  #server: ListeningServer | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(open: () => Promise<ListeningServer>) {
    this.#open = open;
  }

  /** Of the server that listens. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  /** Does nothing when it is started. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#server ??= await this.#open();
    });
  }

  /** Does nothing when it is stopped. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      const server = this.#server;
      this.#server = undefined;
      await server?.[Symbol.asyncDispose]();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** The error for an address that cannot be had. */
export function cannotListen(place: string, cause: unknown): LaunchError {
  const stderr = cause instanceof Error ? cause.message : String(cause);
  const fields = { command: `listen ${place}`, exitCode: null, signal: null, stderr };
  return new LaunchError(`cannot listen on ${place}: ${stderr}`, fields, { cause });
}
