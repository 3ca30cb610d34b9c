/** The commands of telnet (RFC 854) that a serial port needs. */
export const Telnet = { se: 240, sb: 250, will: 251, wont: 252, do: 253, dont: 254, iac: 255 } as const;

/** Options of telnet: RFC 856, 857, 858 and 2217. */
export const Option = { binary: 0, echo: 1, suppressGoAhead: 3, comPort: 44 } as const;

export type Verb = 'will' | 'wont' | 'do' | 'dont';
const VERBS: readonly Verb[] = ['will', 'wont', 'do', 'dont'];

/** What a telnet stream consists of. */
export type TelnetItem =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'negotiation'; readonly verb: Verb; readonly option: number }
  | { readonly kind: 'subnegotiation'; readonly option: number; readonly bytes: Uint8Array };

/** More than any option says: who sends it does not speak telnet. */
const LARGEST_SUBNEGOTIATION = 1_024;

/** Takes a telnet stream apart, however it was cut into chunks. Commands that concern only people are left out. */
export class TelnetParser {
  #state: 'data' | 'iac' | Verb = 'data';
  /** What has come of a subnegotiation. */
  #sub: number[] | undefined;

  /** The items that are complete with this chunk. @throws Error when it is no telnet. */
  *push(chunk: Uint8Array): Generator<TelnetItem> {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#state === 'data') {
        if (byte !== Telnet.iac) {
          if (this.#sub) this.#add(byte);
          continue;
        }
        if (!this.#sub && at > start) yield { kind: 'data', bytes: chunk.subarray(start, at) };
        this.#state = 'iac';
      } else {
        yield* this.#command(byte, chunk.subarray(at, at + 1));
      }
      start = at + 1;
    }
    if (this.#state === 'data' && !this.#sub && start < chunk.length)
      yield { kind: 'data', bytes: chunk.subarray(start) };
  }

  *#command(byte: number, itself: Uint8Array): Generator<TelnetItem> {
    const state = this.#state;
    this.#state = 'data';
    if (state !== 'iac' && state !== 'data') yield { kind: 'negotiation', verb: state, option: byte };
    else if (byte === Telnet.iac && this.#sub) this.#add(byte);
    else if (byte === Telnet.iac) yield { kind: 'data', bytes: itself };
    else if (byte === Telnet.sb) this.#sub = [];
    else if (byte === Telnet.se) {
      const [option, ...rest] = this.#sub ?? [];
      this.#sub = undefined;
      if (option !== undefined) yield { kind: 'subnegotiation', option, bytes: Uint8Array.from(rest) };
    } else this.#state = VERBS.find((verb) => Telnet[verb] === byte) ?? 'data';
  }

  #add(byte: number): void {
    this.#sub?.push(byte);
    if ((this.#sub?.length ?? 0) > LARGEST_SUBNEGOTIATION) throw new Error('what came is not telnet');
  }
}

/** `data` as telnet carries it: a byte that begins commands is doubled. */
export function escapeTelnet(data: Uint8Array): Uint8Array {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (!bytes.includes(Telnet.iac)) return data;
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let at = bytes.indexOf(Telnet.iac); at >= 0; at = bytes.indexOf(Telnet.iac, at + 1)) {
    parts.push(bytes.subarray(start, at + 1), Uint8Array.of(Telnet.iac));
    start = at + 1;
  }
  return Buffer.concat([...parts, bytes.subarray(start)]);
}

/** `IAC WILL option` and the like. */
export function negotiation(verb: Verb, option: number): Uint8Array {
  return Uint8Array.of(Telnet.iac, Telnet[verb], option);
}

/** `IAC SB option ... IAC SE`. */
export function subnegotiation(option: number, bytes: readonly number[]): Uint8Array {
  const { iac, sb, se } = Telnet;
  return Uint8Array.of(iac, sb, option, ...escapeTelnet(Uint8Array.from(bytes)), iac, se);
}
