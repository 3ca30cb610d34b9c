import type { Session } from '../../../src/client/index.ts';
import type { LogEntry } from '../../../src/rpc/index.ts';

/** The next entry of an exporter's log that tells of a power switch: `on` or `off`. */
export async function powerEntry(
  session: Session,
  operation: 'on' | 'off',
  peer: 'typescript' | 'python',
): Promise<LogEntry> {
  for await (const entry of session.logs()) {
    // Jumpstarter 0.9.0 tells what its drivers log, but not yet what is called.
    const tells =
      peer === 'python'
        ? entry.message === `power ${operation}`
        : entry.operation === operation && entry.fields['result'] === 'success';
    if (tells) return entry;
  }
  throw new Error('the log has ended');
}

/**
 * Acts until the entry has come. Once would not do: Jumpstarter's log is one queue for all readers, and one that is about to leave
 * may take the entry along.
 */
export async function actUntil(entry: Promise<LogEntry>, act: () => Promise<void>): Promise<LogEntry> {
  let over = false;
  const found = entry.finally(() => {
    over = true;
  });
  found.catch(() => undefined);
  while (!over) await act();
  return await found;
}
