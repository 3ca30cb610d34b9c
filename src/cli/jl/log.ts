import type { Session } from '../../client/index.ts';
import { LOG_LEVELS, type LogLevel } from './root.ts';

/** Prints the exporter's log to stderr from `level` on, until the session ends. What nobody has read yet comes first. */
export async function printLog(session: Session, level: LogLevel, signal: AbortSignal): Promise<void> {
  const levels: readonly string[] = LOG_LEVELS;
  const shown = levels.slice(levels.indexOf(level));
  try {
    for await (const { severity, message } of session.logs({ signal })) {
      if (shown.includes(severity.toLowerCase())) process.stderr.write(`[${severity}] ${message}\n`);
    }
  } catch {
    // It ends with the session, and whatever else goes wrong the command meets as well.
  }
}
