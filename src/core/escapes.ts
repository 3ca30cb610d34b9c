/** Takes the escape sequences for terminals out of text that comes in pieces; a sequence may be split anywhere. */
export interface EscapeFilter {
  /** The readable part of the next piece. */
  push(text: string): string;
}

/** Where in a sequence the last piece ended. */
type State = 'text' | 'escape' | 'control' | 'string' | 'string-escape';

const ESC = 0x1b;

/**
 * A filter for ECMA-48: control sequences (`ESC [ ...`), strings (`ESC ] ...` and its like) and short escapes.
 *
 * What is broken off by something else (a kernel message within a window title) hides no line after its own.
 */
export function createEscapeFilter(): EscapeFilter {
  let state: State = 'text';
  return {
    push: (text) => {
      if (state === 'text' && !text.includes('\x1b')) return text;
      let readable = '';
      for (const character of text) {
        const code = character.codePointAt(0) ?? 0;
        if (state === 'text' && code !== ESC) readable += character;
        else {
          const [next, shown] = STEPS[state](code);
          state = next;
          if (shown) readable += character;
        }
      }
      return readable;
    },
  };
}

/** The state after one more character, and whether that character is text. */
type Step = (code: number) => readonly [State, boolean];

const isControl = (code: number) => code < 0x20 || code === 0x7f;

const STEPS: Readonly<Record<State, Step>> = {
  text: (code) => (code === ESC ? ['escape', false] : ['text', true]),
  escape: (code) => {
    if (code === ESC) return ['escape', false];
    if (code === 0x5b) return ['control', false];
    // OSC, DCS, SOS, PM, APC
    if ([0x5d, 0x50, 0x58, 0x5e, 0x5f].includes(code)) return ['string', false];
    // intermediates, as in the choice of a character set: one more byte follows
    if (code >= 0x20 && code <= 0x2f) return ['escape', false];
    return ['text', isControl(code) || code > 0x7e];
  },
  control: (code) => {
    if (code === ESC) return ['escape', false];
    // a terminal obeys a line feed within a sequence
    if (isControl(code)) return ['control', true];
    if (code <= 0x3f) return ['control', false];
    return ['text', code > 0x7e];
  },
  string: (code) => {
    if (code === ESC) return ['string-escape', false];
    // BEL, CAN and SUB end it; so does the end of a line: titles and marks have none
    if (code === 0x07 || code === 0x18 || code === 0x1a) return ['text', false];
    return code === 0x0a ? ['text', true] : ['string', false];
  },
  'string-escape': (code) => (code === 0x5c ? ['text', false] : STEPS.escape(code)),
};
