import { pause } from './pause.ts';

/** How something is tried again. */
export interface TryOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Whether the next attempt may succeed after this failure. */
  readonly mayPass: (error: unknown) => boolean;
  /** Told of each failure after which another attempt follows. */
  readonly onFailure: (error: unknown) => void;
}

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 2_000;

/** Tries until it succeeds, with pauses that grow: nothing tells when a server that is starting will answer. */
export async function keepTrying<T>(
  attempt: () => Promise<T>,
  { signal, mayPass, onFailure }: TryOptions,
): Promise<T> {
  for (let wait = FIRST_PAUSE; ; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) throw error;
      onFailure(error);
    }
    await pause(wait, signal);
  }
}
