/** What a full-screen program of the device may have switched on in the user's terminal, and how it is switched off. */
const UNDO = ['\x1b[0m', '\x1b[?25h', '\x1b[?1l', '\x1b>'].join('');
const MODES = ['1000', '1002', '1003', '1004', '1006', '1049', '2004'];

/** Follows what is shown, to give the terminal back as it was. */
export interface ScreenModes {
  see(chunk: Uint8Array): void;
  /** What switches off all that is still on. */
  undo(): string;
}

/** Begins to follow. */
export function createScreenModes(): ScreenModes {
  const on = new Set<string>();
  let rest = '';
  return {
    see: (chunk) => {
      const text = rest + Buffer.from(chunk).toString('latin1').replaceAll('\x1b', '␛');
      for (const [, modes = '', act] of text.matchAll(/␛\[\?([\d;]+)([hl])/g)) {
        for (const mode of modes.split(';')) {
          if (act === 'h' && MODES.includes(mode)) on.add(mode);
          else on.delete(mode);
        }
      }
      // The beginning of a sequence that is not yet whole.
      rest = /␛(?:\[(?:\?[\d;]*)?)?$/.exec(text)?.[0] ?? '';
    },
    undo: () => [...on].map((mode) => `\x1b[?${mode}l`).join('') + UNDO,
  };
}
