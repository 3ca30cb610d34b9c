import { z } from 'zod';
import { ProtocolError } from '../../../core/index.ts';

/** What the agent sends: an answer, or that it refuses. */
export type AgentMessage =
  | { readonly kind: 'return'; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly type: string; readonly reason: string };

/** Never part of UTF-8: whoever sees it begins anew. */
export const DELIMITER = 0xff;

/** The longest answer: the 16 MiB of each output that the agent keeps, in base64. */
const LONGEST = 64 * 2 ** 20;

const Message = z.union([
  z.object({ return: z.unknown() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }) }),
]);

/** Makes lines out of what comes from the port, wherever it was cut. What lies before a delimiter is given up. */
export class AgentLines {
  #chunks: Uint8Array[] = [];
  #length = 0;

  /** @throws ProtocolError when a line has no end. */
  push(chunk: Uint8Array): string[] {
    const begin = chunk.lastIndexOf(DELIMITER);
    if (begin >= 0) this.#clear();
    return this.#split(chunk.subarray(begin + 1));
  }

  #split(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let rest = bytes;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...this.#chunks, rest.subarray(0, end)]).toString();
      this.#clear();
      if (line.trim() !== '') lines.push(line);
      rest = rest.subarray(end + 1);
    }
    this.#chunks.push(rest.slice());
    this.#length += rest.length;
    if (this.#length > LONGEST)
      throw agentMistake('sends a line without an end', Buffer.concat(this.#chunks).toString());
    return lines;
  }

  #clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }
}

/** Reads a line of the agent's. @throws ProtocolError when it is none. */
export function parseAgentMessage(line: string): AgentMessage {
  const { success, data } = Message.safeParse(parseJson(line));
  if (!success) throw agentMistake('says something unforeseen', line);
  if ('error' in data) return { kind: 'refusal', type: data.error.class, reason: data.error.desc };
  return { kind: 'return', value: data.return };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What the agent may not do. */
export function agentMistake(what: string, said: string, sent?: string): ProtocolError {
  const answer = said.slice(0, 500);
  return new ProtocolError(
    `the guest agent ${what}: ${answer}`,
    { peer: 'the guest agent', answer, ...(sent !== undefined && { sent }) },
    { operation: 'agent' },
  );
}
