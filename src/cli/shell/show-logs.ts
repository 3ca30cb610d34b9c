import type { Session } from '../../client/index.ts';
import { isDutError } from '../../core/index.ts';

/** Shows on stderr what an exporter logs: what its hooks print, and the rest if `all`. Disposing of it ends that. */
export function showLogs(session: Session, all: boolean): AsyncDisposable {
  const stop = new AbortController();
  const shown = show(session, all, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) process.stderr.write(`${isDutError(error) ? error.message : error}\n`);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await shown;
    },
  };
}

async function show(session: Session, all: boolean, signal: AbortSignal): Promise<void> {
  for await (const { origin, severity, message, operation } of session.logs({ signal })) {
    if (!all && !origin.endsWith('-hook')) continue;
    process.stderr.write(`exporter ${origin} ${severity}: ${message}${operation ? ` (${operation})` : ''}\n`);
  }
}
