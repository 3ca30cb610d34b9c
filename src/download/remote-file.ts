import type { Dispatcher } from 'undici';
import { isDutError } from '../core/index.ts';
import { type HttpHeaders, redactUrl, refused, unreachable } from './address.ts';
import { type Answer, reasonOf, request, requireOk } from './request.ts';
import { Tries } from './tries.ts';
import { isSame, unlessSame, type Validator, validatorOf } from './validator.ts';

interface Parts {
  readonly agent: Dispatcher;
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly signal: AbortSignal;
  readonly waits: readonly number[];
}

/** An answer that goes on where another broke off, once its first `skip` bytes are dropped. */
interface Rest {
  readonly body: AsyncIterable<Uint8Array>;
  readonly skip: number;
}

/** A file on a server, in the state that it had when it was first asked for. */
export class RemoteFile {
  readonly #parts: Parts;
  readonly #tries: Tries;
  readonly #source: string;
  /** The first answer. */
  readonly answer: Answer;
  readonly size: number | null;
  readonly validator: Validator | undefined;
  /** It is in the state that is known. */
  readonly isUnchanged: boolean;

  private constructor(parts: Parts, tries: Tries, answer: Answer) {
    this.#parts = parts;
    this.#tries = tries;
    this.answer = answer;
    this.#source = redactUrl(parts.url);
    this.validator = validatorOf(answer.headers);
    this.isUnchanged = answer.statusCode === 304;
    const length = answer.headers['content-length'];
    this.size = length === undefined ? null : Number(length);
  }

  /** Asks for the file, unless it is in the state that is known; again, while the server says that it cannot answer now. */
  static async open(parts: Parts, known?: Validator): Promise<RemoteFile> {
    const { agent, url, headers, signal, waits } = parts;
    const tries = new Tries(waits, signal);
    for (;;) {
      const answer = await request(agent, url, { ...headers, ...(known && unlessSame(known)) }, signal);
      try {
        if (!known || answer.statusCode !== 304) requireOk(answer);
        return new RemoteFile(parts, tries, answer);
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        await tries.next(error);
      }
    }
  }

  /** The bytes, once. */
  async *chunks(): AsyncGenerator<Uint8Array, void> {
    if (this.isUnchanged) return;
    let rest: Rest = { body: this.answer.body, skip: 0 };
    let at = 0;
    for (;;) {
      let broken: unknown;
      try {
        for await (const chunk of dropFirst(rest)) {
          at += chunk.length;
          this.#tries.reset();
          yield chunk;
        }
        if (this.size === null || at === this.size) return;
        broken = 'it ended early';
      } catch (cause) {
        this.#parts.signal.throwIfAborted();
        broken = cause;
      }
      rest = await this.#resume(at, broken);
    }
  }

  /** Asks for what follows the first `at` bytes, until the server gives it. */
  async #resume(at: number, broken: unknown): Promise<Rest> {
    const of = this.size === null ? '' : ` of ${this.size}`;
    const what = `the connection broke after ${at}${of} bytes (${reasonOf(broken)})`;
    const { validator } = this;
    if (!validator) {
      const reason = `${what}, and the server tells nothing by which the rest could be known to be of the same file`;
      throw unreachable(reason, this.#source, broken);
    }
    let failure: unknown = unreachable(what, this.#source, broken);
    for (;;) {
      await this.#tries.next(failure);
      try {
        return await this.#askForRest(at, validator);
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        failure = error;
      }
    }
  }

  async #askForRest(at: number, validator: Validator): Promise<Rest> {
    const { agent, headers, signal } = this.#parts;
    const conditions = { range: `bytes=${at}-`, 'if-range': validator.value };
    // Where the first answer came from: another mirror may have another file.
    const answer = await request(agent, this.answer.url, { ...headers, ...conditions }, signal);
    const same = isSame(validator, answer.headers);
    if (same === false || answer.statusCode === 416) throw this.#changed(answer);
    requireOk(answer);
    if (answer.statusCode === 206) {
      if (!this.#follows(at, String(answer.headers['content-range']))) throw this.#changed(answer);
      return { body: answer.body, skip: 0 };
    }
    // The whole again, for a server that knows no ranges; but only if it is known to be the same.
    if (same !== true) throw this.#changed(answer);
    return { body: answer.body, skip: at };
  }

  #follows(at: number, range: string): boolean {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
    return Number(start) === at && (total === '*' || this.size === null || Number(total) === this.size);
  }

  #changed({ body }: Answer): Error {
    body.on('error', () => undefined).destroy();
    return refused('the file was changed on the server while it was downloaded', this.#source);
  }
}

async function* dropFirst({ body, skip }: Rest): AsyncGenerator<Uint8Array, void> {
  let left = skip;
  for await (const chunk of body) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

const isUnreachable = (error: unknown) => isDutError(error) && error.code === 'unreachable';
