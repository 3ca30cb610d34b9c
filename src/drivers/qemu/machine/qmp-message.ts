import { z } from 'zod';
import { ProtocolError } from '../../../core/index.ts';

/** Something that QEMU reports by itself. */
export interface QmpEvent {
  readonly event: string;
  /** ISO 8601, by QEMU's clock. */
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What QEMU refuses, in its own words. */
export interface QmpRefusal {
  readonly class: string;
  readonly desc: string;
}

/** One line of QEMU's side of the conversation. */
export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: string }
  | { readonly kind: 'return'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number | undefined; readonly error: QmpRefusal }
  | { readonly kind: 'event'; readonly event: QmpEvent };

const Greeting = z
  .object({
    QMP: z.object({
      version: z.object({ qemu: z.object({ major: z.number(), minor: z.number(), micro: z.number() }) }),
    }),
  })
  .transform(({ QMP: { version } }): QmpMessage => {
    const { major, minor, micro } = version.qemu;
    return { kind: 'greeting', version: `${major}.${minor}.${micro}` };
  });

const Return = z
  .object({ return: z.unknown(), id: z.number() })
  .refine((message) => 'return' in message)
  .transform((message): QmpMessage => ({ kind: 'return', id: message.id, value: message.return }));

const Refusal = z
  .object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.number().optional() })
  .transform(({ error, id }): QmpMessage => ({ kind: 'refusal', id, error }));

const Event = z
  .object({
    event: z.string(),
    timestamp: z.object({ seconds: z.number(), microseconds: z.number() }),
    data: z.record(z.string(), z.unknown()).default({}),
  })
  .transform(({ event, timestamp, data }): QmpMessage => {
    const milliseconds = timestamp.seconds * 1_000 + Math.max(0, timestamp.microseconds) / 1_000;
    return { kind: 'event', event: { event, time: new Date(milliseconds).toISOString(), data } };
  });

const Message = z.union([Return, Event, Refusal, Greeting]);

/** Reads one line. @throws ProtocolError when it is nothing that QMP knows. */
export function parseQmpMessage(line: string): QmpMessage {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw notQmp(line, cause);
  }
  const { success, data, error } = Message.safeParse(value);
  if (!success) throw notQmp(line, error);
  return data;
}

function notQmp(line: string, cause: unknown): ProtocolError {
  const answer = line.slice(0, 500);
  return new ProtocolError(
    `QEMU said something that is not QMP: ${answer}`,
    { peer: 'QEMU', answer },
    { cause },
  );
}
