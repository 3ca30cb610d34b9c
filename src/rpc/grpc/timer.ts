/** The longest that `setTimeout` can wait; what lies further away never fires in a process's life. */
const LONGEST = 2 ** 31 - 1;

/** Calls `onTime` after `milliseconds`, unless it is disposed of before. Does not keep the process alive. */
export function startTimer(milliseconds: number, onTime: () => void): Disposable {
  if (milliseconds > LONGEST) return { [Symbol.dispose]: () => undefined };
  const timer = setTimeout(onTime, milliseconds).unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
