import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type Duration, type Log, parseDuration } from '../../core/index.ts';
import { GrpcError, type ServerCall, Status } from '../grpc/index.ts';
import { Key } from '../wire.ts';

/** Wrong passphrases that a connection may show; then it is closed. */
export const MAX_WRONG_PASSPHRASES = 10;

/** The time until a wrong passphrase is answered; other calls of that connection are not looked at meanwhile. */
export const WRONG_PASSPHRASE_HOLD: Duration = '1s';

/** What a doorkeeper is told. */
export interface DoorkeeperOptions {
  readonly passphrase: string;
  readonly log: Log;
  /** Resolves when a wrong passphrase is to be answered. */
  readonly hold?: () => Promise<void>;
}

/** A connection that has shown a wrong passphrase. */
interface Stranger {
  wrong: number;
  /** While its last answer is held back. */
  held: Promise<void> | undefined;
}

/** Lets in who knows the passphrase, at once; makes guessing slow for the connection that guesses, and for no other. */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #strangers = new WeakMap<symbol, Stranger>();

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
  }

  /** Lets a call in. @throws GrpcError UNAUTHENTICATED, the same for a wrong passphrase and for none */
  async admit(call: Pick<ServerCall, 'metadata' | 'connection' | 'peer' | 'path' | 'hangUp'>): Promise<void> {
    const known = this.#strangers.get(call.connection);
    const isRight = isSame(call.metadata[Key.passphrase], this.#options.passphrase);
    if (isRight && !known?.held) return;
    const stranger = known ?? this.#meet(call);
    stranger.wrong++;
    // What waits for its answer is a call under way, of which there may be so many.
    if (stranger.wrong <= MAX_WRONG_PASSPHRASES) await this.#hold(stranger);
    if (stranger.wrong >= MAX_WRONG_PASSPHRASES) call.hangUp();
    throw new GrpcError(Status.UNAUTHENTICATED, PROBLEM);
  }

  /** Logs it: once, however often it tries. */
  #meet({ connection, peer, path }: Pick<ServerCall, 'connection' | 'peer' | 'path'>): Stranger {
    const stranger: Stranger = { wrong: 0, held: undefined };
    this.#strangers.set(connection, stranger);
    this.#options.log.warn({ peer }, `authentication failed: ${PROBLEM} for method ${path}`);
    return stranger;
  }

  async #hold(stranger: Stranger): Promise<void> {
    const { hold = holdAnswer } = this.#options;
    stranger.held ??= hold().finally(() => {
      stranger.held = undefined;
    });
    await stranger.held;
  }
}

const PROBLEM = 'invalid or missing passphrase';

const holdAnswer = () => setTimeout(parseDuration(WRONG_PASSPHRASE_HOLD), undefined, { ref: false });

/** Compares in a time that does not tell how much was right. */
export function isSame(given: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(expected));
}
