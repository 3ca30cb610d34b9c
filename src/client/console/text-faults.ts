import { type ConsoleFault, ConsoleFaults, describeFault, type FaultNews } from '../../interfaces/index.ts';

/** What goes wrong with a device of which nobody tells: found in the text of its console. */
export interface TextFaults extends Disposable {
  push(text: string): void;
}

/** Looks for faults in text. `tail` is what the console has shown last. */
export function findFaults(tail: () => string, onNews: (news: FaultNews) => void): TextFaults {
  return new ConsoleFaults({
    onFault: (fault) => onNews({ fault: faultOf(fault, tail()) }),
    onBoot: () => onNews({ fault: null }),
  });
}

function faultOf({ pattern: { event, what, lasts }, line, since }: ConsoleFault, tail: string) {
  const failure = { event, tail, detectedBy: 'console', since: since.toISOString() };
  return { message: describeFault(`${what} (${line})`, failure), failure, lasts, offset: 0 };
}
