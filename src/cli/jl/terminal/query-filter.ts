const ESC = 0x1b;
const BEL = 0x07;

/** Takes out of old output what would make a terminal answer: the answer would be typed into the device now. */
export interface QueryFilter {
  push(chunk: Uint8Array): Uint8Array;
  /** Whether a sequence has begun and is not yet whole: what comes next still belongs to it. */
  readonly isWithin: boolean;
}

/** Control sequences that ask, with signs for ESC and BEL: status and position (DSR), attributes (DA), modes, the window, the keyboard. */
const QUERIES: readonly RegExp[] = [
  /^␛\[[?>]?\d*(?:;\d+)*n$/, // DSR, also of printers, keyboards and colour schemes
  /^␛\[[?>=]?\d*c$/, // DA 1 to 3
  /^␛\[\??\d*\$p$/, // DECRQM
  /^␛\[>\d*q$/, // XTVERSION
  /^␛\[(?:1[1-9]|2[01])(?:;\d+)*t$/, // reports of the window
  /^␛\[\d*x$/, // DECREQTPARM
  /^␛\[\?u$/, // keyboard flags
  /^␛\[\?\d+(?:;\d+)*S$/, // graphics attributes
  /^␛Z$/, // DECID
  /^␛\][^␇␛]*;\?/, // colours, clipboard and the like, by OSC
  /^␛P(?:\$q|\+q)/, // DECRQSS, XTGETTCAP
];

/** A sequence that is longer is none. */
const LONGEST = 4096;

/** A filter for bytes that come in pieces; a sequence may be split anywhere. */
export function createQueryFilter(): QueryFilter {
  let pending: number[] = [];
  return {
    get isWithin() {
      return pending.length > 0;
    },
    push: (chunk) => {
      const kept: number[] = [];
      for (const byte of chunk) {
        if (pending.length === 0 && byte !== ESC) {
          // ENQ asks for the name of the terminal.
          if (byte !== 0x05) kept.push(byte);
          continue;
        }
        // An escape within a sequence begins another, unless it ends a string.
        if (byte === ESC && pending.length > 0 && !isString(pending)) kept.push(...pending.splice(0));
        pending.push(byte);
        if (!isWhole(pending) && pending.length < LONGEST) continue;
        const text = visible(pending);
        if (!QUERIES.some((query) => query.test(text))) kept.push(...pending);
        pending = [];
      }
      return Uint8Array.from(kept);
    },
  };
}

const visible = (sequence: readonly number[]) =>
  Buffer.from(sequence).toString('latin1').replaceAll('\x1b', '␛').replaceAll('\x07', '␇');

/** OSC, DCS, SOS, PM and APC last until BEL or ST. */
const isString = ([, second = 0]: readonly number[]) => [0x5d, 0x50, 0x58, 0x5e, 0x5f].includes(second);

function isWhole(sequence: readonly number[]): boolean {
  const [, second] = sequence;
  const last = sequence.at(-1) ?? 0;
  if (second === undefined) return false;
  if (isString(sequence)) return last === BEL || (last === 0x5c && sequence.at(-2) === ESC);
  if (second !== 0x5b) return !(second >= 0x20 && second <= 0x2f) || sequence.length > 2;
  return sequence.length > 2 && last >= 0x40 && last <= 0x7e;
}
