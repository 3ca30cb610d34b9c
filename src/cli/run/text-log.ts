import { styleText } from 'node:util';
import { pino } from 'pino';
import type { Log, LogLevel } from '../../core/index.ts';

export type LogFormat = 'text' | 'json';

/** A log on stderr, or by `write`: lines for people, or JSON. */
export function openLog(
  level: LogLevel,
  format: LogFormat,
  write: (text: string) => void = (text) => void process.stderr.write(text),
): Log {
  if (format === 'json') return pino({ level, base: undefined }, { write });
  return pino(
    { level, base: undefined },
    { write: (line: string) => write(`${textLine(JSON.parse(line))}\n`) },
  );
}

const NAMES: Readonly<Record<number, LogLevel>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };
const COLOURS = { debug: 'dim', info: 'dim', warn: 'yellow', error: 'red' } as const;

/** `12:34:56 warn  power: the relay does not answer {"tries":3}` */
export function textLine(record: Readonly<Record<string, unknown>>): string {
  const { level, time, msg, driver, origin, err, ...fields } = record;
  const name = NAMES[Number(level)] ?? 'error';
  const clock = new Date(Number(time)).toISOString().slice(11, 19);
  const who = driver ?? origin;
  const failure = typeof err === 'object' && err !== null && 'message' in err ? ` (${err.message})` : '';
  const rest = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
  const head = styleText(COLOURS[name], `${clock} ${name.padEnd(5)}`, { stream: process.stderr });
  return `${head} ${who ? `${who}: ` : ''}${msg ?? ''}${failure}${rest}`;
}
