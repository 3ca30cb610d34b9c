import { ConfigError } from './errors.ts';

/** A size: bytes as a number, or text such as `'512MiB'`, `'1G'` (binary units, as QEMU and Jumpstarter count). */
export type ByteSize = number | `${number}${'' | 'B' | SizeUnit}`;
type SizeUnit = `${'k' | 'K' | 'M' | 'm' | 'G' | 'g' | 'T' | 't'}${'' | 'B' | 'iB'}`;

/** A span of time: milliseconds as a number, or text such as `'90s'`, `'2m'`, `'250ms'`, `'1h'`, `'30d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const SIZE = /^(\d+(?:\.\d+)?)\s*([kKmMgGtT]?)(?:i?[bB])?$/;
const SIZE_FACTOR: Readonly<Record<string, number>> = {
  '': 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const DURATION_FACTOR: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Bytes of `size`. @throws ConfigError when it is not a size. */
export function parseSize(size: ByteSize | string): number {
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return size;
  const [, digits, unit] = (typeof size === 'string' && SIZE.exec(size.trim())) || [];
  const bytes = Number(digits) * (SIZE_FACTOR[(unit ?? '').toLowerCase()] ?? Number.NaN);
  if (Number.isSafeInteger(Math.round(bytes))) return Math.round(bytes);
  throw invalid('size', size, "bytes as a whole number, or text such as '512MiB' or '20G'");
}

/** Whole milliseconds of `duration`, as timers take them. @throws ConfigError when it is not a duration. */
export function parseDuration(duration: Duration | string): number {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration >= 0) return Math.round(duration);
  const [, digits, unit] = DURATION.exec(String(duration).trim()) ?? [];
  const milliseconds = Number(digits) * (DURATION_FACTOR[unit ?? ''] ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return Math.round(milliseconds);
  throw invalid(
    'duration',
    duration,
    "milliseconds as a number, or text such as '250ms', '90s', '2m', '1h' or '30d'",
  );
}

/** `bytes` for people: `1.5 GiB`, `352 MiB`, `17 B`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 2 ** (10 * step);
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

/** `milliseconds` for people: `0.42 s`, `12.3 s`, `2 m 05 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(milliseconds < 1_000 ? 2 : 1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
}

function invalid(what: string, value: unknown, allowed: string): ConfigError {
  const message = `${JSON.stringify(value)} is not a ${what}; allowed: ${allowed}`;
  return new ConfigError(`invalid ${what}: ${message}`, { issues: [{ path: '', message }] });
}
