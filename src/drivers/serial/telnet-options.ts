import { negotiation, Option, type Verb } from './telnet.ts';

type State = 'off' | 'asked' | 'on';

/** What each side may do. That the server echoes is its own affair. */
const OURS: readonly number[] = [Option.binary, Option.suppressGoAhead, Option.comPort];
const THEIRS: readonly number[] = [...OURS, Option.echo];

/** What was agreed on with the other side: each side of an option for itself, and nothing is answered twice (RFC 1143). */
export class TelnetOptions {
  readonly #ours = new Map<number, State>();
  readonly #theirs = new Map<number, State>();

  /** Asks for an option: what to send. */
  ask(verb: 'will' | 'do', option: number): Uint8Array {
    (verb === 'will' ? this.#ours : this.#theirs).set(option, 'asked');
    return negotiation(verb, option);
  }

  /** Takes what the other side says. The answer is to be sent, if there is one. */
  hear(verb: Verb, option: number): Uint8Array | undefined {
    const isAboutUs = verb === 'do' || verb === 'dont';
    const states = isAboutUs ? this.#ours : this.#theirs;
    const state = states.get(option) ?? 'off';
    if (verb === 'dont' || verb === 'wont') {
      states.set(option, 'off');
      return state === 'on' ? negotiation(isAboutUs ? 'wont' : 'dont', option) : undefined;
    }
    if (!(isAboutUs ? OURS : THEIRS).includes(option))
      return negotiation(isAboutUs ? 'wont' : 'dont', option);
    states.set(option, 'on');
    return state === 'off' ? negotiation(isAboutUs ? 'will' : 'do', option) : undefined;
  }

  /** What has become of an option of ours. */
  ours(option: number): State {
    return this.#ours.get(option) ?? 'off';
  }
}
