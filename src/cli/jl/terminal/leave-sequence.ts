const CTRL_B = 0x02;
const NEEDED = 3;

/** What is to be done with keys that were typed. */
export interface Keys {
  /** Those that are for the device. */
  readonly forward: Uint8Array;
  /** How many Ctrl-B there have been in a row by now. */
  readonly pressed: number;
  /** The user wants to leave; what follows is not looked at. */
  readonly left: boolean;
}

/**
 * Finds Ctrl-B three times in a row, as Python's `j` does: the first two go to the device, so that a single one, and what has
 * Ctrl-B as its own prefix, work there.
 */
export function createLeaveSequence(): (keys: Uint8Array) => Keys {
  let pressed = 0;
  return (keys) => {
    for (const [index, key] of keys.entries()) {
      pressed = key === CTRL_B ? pressed + 1 : 0;
      if (pressed === NEEDED) return { forward: keys.subarray(0, index), pressed, left: true };
    }
    return { forward: keys, pressed, left: false };
  };
}
