/** `JUMPLEAD_LONG=1`: five idle minutes and 1 GiB, as protocol checks should, and one more boot; otherwise what a test lane can bear. */
export const LONG = process.env['JUMPLEAD_LONG'] === '1';

/** Milliseconds: cells take seconds; one that hangs must not take the others' time. */
export const PATIENCE = LONG ? 30 * 60_000 : 3 * 60_000;
