import { randomBytes } from 'node:crypto';
import { AuthError, ExpectError, type OpenWait, type WaitOptions } from '../../core/index.ts';
import type { FaultOptions } from '../faults/fault-watch.ts';
import type { Credentials } from '../machine.ts';
import { pause } from '../pause.ts';
import {
  BARE_PROMPT,
  LOGIN_PROMPT,
  LOGIN_PROMPT_AT_END,
  NEW_PASSWORD_PROMPT,
  PASSWORD_PROMPT,
  userPrompt,
} from './login-prompts.ts';
import type { Patterns } from './patterns.ts';
import { quoteTail, startWait } from './tty-errors.ts';
import type { TtyLine } from './tty-line.ts';
import { createMarks } from './tty-marks.ts';

export interface TtyLoginOptions extends WaitOptions, FaultOptions {
  /** `false`: never types Enter at a console that is silent (a boot loader may take any key as its stop). */
  readonly nudge?: boolean;
}

/** What a login needs to know beyond what it reads. */
export interface LoginCircumstances {
  /** Whether the device has shown anything since its power-on, or never booted then: else silence only means that it is starting. */
  hasShownAnything(): Promise<boolean>;
  readonly timing: LoginTiming;
}

/** Milliseconds. */
export interface LoginTiming {
  /** Text that looks like a prompt, and is followed by nothing for so long, is one. */
  readonly settled: number;
  /** After so much silence Enter is typed, where the console is known to wait for somebody. */
  readonly quiet: number;
  /** After so much silence Enter is typed even though the device may be in the middle of its boot. */
  readonly stuck: number;
  /** Programs that ask discard what is typed before they have switched off the echo, and do not say when they have. */
  readonly answer: number;
}

/** For real devices and emulated ones. */
export const LOGIN_TIMING: LoginTiming = { settled: 300, quiet: 5_000, stuck: 30_000, answer: 100 };

/** Logs in at the other end; see `Tty.login`. */
export async function loginOnTty(
  tty: TtyLine,
  credentials: Credentials,
  options: TtyLoginOptions & OpenWait,
  circumstances: LoginCircumstances,
): Promise<void> {
  using wait = startWait(options, 'console.login');
  tty.reader.hide(credentials.password);
  const conversation = new Conversation(tty, credentials, circumstances, options.nudge ?? true, wait.signal);
  try {
    await conversation.reachShell();
  } catch (error) {
    const { refusals } = conversation;
    const waitingFor =
      refusals > 0 ? `a login that is not refused (${refusals} were)` : 'a login or shell prompt';
    const failure = wait.failed(error, { ...tty.evidence(), waitingFor, patterns: [] });
    if (refusals === 0 || !(failure instanceof ExpectError) || failure.reason !== 'timeout') throw failure;
    throw new AuthError(failure.message, {}, { operation: 'console.login' });
  }
}

type Step = 'login' | 'password' | 'shell' | 'silence';

class Conversation {
  readonly #tty: TtyLine;
  readonly #credentials: Credentials;
  readonly #circumstances: LoginCircumstances;
  readonly #timing: LoginTiming;
  readonly #nudge: boolean;
  readonly #signal: AbortSignal;
  /** What was typed last that was not just Enter. */
  #typed: 'nothing' | 'name' | 'password' | 'probe' = 'nothing';
  #nudges = 0;
  /** How often the login prompt came back after a password. */
  refusals = 0;

  constructor(
    tty: TtyLine,
    credentials: Credentials,
    circumstances: LoginCircumstances,
    nudge: boolean,
    signal: AbortSignal,
  ) {
    this.#tty = tty;
    this.#credentials = credentials;
    this.#circumstances = circumstances;
    this.#timing = circumstances.timing;
    this.#nudge = nudge;
    this.#signal = signal;
  }

  /** Answers prompts until a shell has proven that it reads. */
  async reachShell(): Promise<void> {
    let step = await this.#firstStep();
    while (!(step === 'shell' && (await this.#shellAnswers()))) {
      if (step === 'login') {
        // A user who is still to be made is refused at first: the next prompt is the next chance.
        if (this.#typed === 'password') this.refusals += 1;
        await this.#answer('name', this.#credentials.username);
      } else if (step === 'password') await this.#answer('password', this.#credentials.password);
      else if (step === 'silence') await this.#pressEnter();
      step = await this.#nextStep();
    }
  }

  /** What is the case now: of prompts in what the console has shown so far, only the last one waits for an answer. */
  async #firstStep(): Promise<Step> {
    let step = await this.#nextStep();
    while (step !== 'silence') {
      const later = await this.#find(this.#timing.settled);
      if (!later) return this.#promptAtEnd() ?? step;
      step = later;
    }
    return step;
  }

  async #nextStep(): Promise<Step> {
    for (;;) {
      const step = await this.#find(this.#timing.settled);
      if (step) this.#nudges = 0;
      if (step) return step;
      const prompt = this.#promptAtEnd();
      if (prompt) return prompt;
      if (!(await this.#tty.reader.somethingComes(this.#patience(), this.#signal))) return 'silence';
    }
  }

  /** The next thing that is known, unless the console stays quiet for so long. */
  async #find(quiet: number): Promise<Step | undefined> {
    const found = await this.#tty.reader.findUnlessQuiet(this.#patterns(), quiet, this.#signal);
    switch (found?.name) {
      case undefined:
      case 'login':
      case 'password':
      case 'shell':
        return found?.name;
      case 'new-password': {
        const lines = [
          'console.login: the system demands a new password',
          ...quoteTail(this.#tty.reader.tail),
        ];
        throw new AuthError(lines.join('\n'), {}, { operation: 'console.login' });
      }
    }
  }

  #patterns(): Patterns {
    return {
      login: LOGIN_PROMPT,
      shell: userPrompt(this.#credentials.username),
      ...(this.#typed === 'name' && { password: PASSWORD_PROMPT }),
      ...(this.#typed === 'password' && { 'new-password': NEW_PASSWORD_PROMPT }),
    };
  }

  /** What stands at the end of all that was shown, whether or not somebody has read it already. */
  #promptAtEnd(): Step | undefined {
    const end = this.#tty.reader.tail.slice(-200);
    if (BARE_PROMPT.test(end) || userPrompt(this.#credentials.username, '$').test(end)) return 'shell';
    return this.#typed === 'nothing' && LOGIN_PROMPT_AT_END.test(end) ? 'login' : undefined;
  }

  /** How long to wait for more, in milliseconds, before Enter is typed. */
  #patience(): number {
    if (!this.#nudge) return Number.POSITIVE_INFINITY;
    const booting = this.#typed === 'nothing' && this.#tty.reader.tail !== '';
    const { stuck, quiet } = this.#timing;
    return Math.min(booting ? stuck : quiet * 2 ** this.#nudges, Math.max(stuck, quiet));
  }

  /** Makes a prompt that came before our time, or was torn apart by something else, show itself again. */
  async #pressEnter(): Promise<void> {
    const { reader } = this.#tty;
    const starting = reader.tail === '' && !(await this.#circumstances.hasShownAnything());
    if (starting) await reader.somethingComes(Number.POSITIVE_INFINITY, this.#signal);
    else {
      this.#nudges += 1;
      await this.#tty.sendLine('', this.#signal);
    }
  }

  async #answer(typed: 'name' | 'password', text: string): Promise<void> {
    await pause(this.#timing.answer, this.#signal);
    await this.#tty.sendLine(text, this.#signal);
    this.#typed = typed;
  }

  /** A prompt is only a guess; what a shell prints is a proof. */
  async #shellAnswers(): Promise<boolean> {
    const marks = createMarks(randomBytes(4).toString('hex'));
    await this.#tty.sendLine(` ${marks.print('r', '\\n')}`, this.#signal);
    this.#typed = 'probe';
    const answer = { ready: marks.pattern('r', '\\r*\\n') };
    return (await this.#tty.reader.findUnlessQuiet(answer, this.#timing.quiet, this.#signal)) !== undefined;
  }
}
