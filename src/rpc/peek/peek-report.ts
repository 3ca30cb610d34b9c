import { decodeReport, type PeekedNode } from './decode-report.ts';
import { callOnce } from './one-call.ts';

/** Longer than any exporter of this host takes, in milliseconds; a full client waits longer, and says for what. */
const PATIENCE = 2_000;

/**
 * The tree of the exporter at a Unix socket, by one call and with as little code as that takes. Undefined where anything is not
 * as it should be: then it is for a full client to try, and to say what is wrong.
 */
export async function peekReport(path: string): Promise<PeekedNode | undefined> {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    return decodeReport(await callOnce(path, '/jumpstarter.v1.ExporterService/GetReport', signal));
  } catch {
    return undefined;
  }
}
