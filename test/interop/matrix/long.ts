/** `JUMPLEAD_LONG=1`: five idle minutes and 1 GiB, as protocol checks should; otherwise what a test lane can bear. */
export const LONG = process.env['JUMPLEAD_LONG'] === '1';
