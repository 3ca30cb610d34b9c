import { z } from 'zod';
import { type ByteSize, type Duration, parseDuration, parseSize } from '../core/index.ts';

/** A size as `core/units` reads it; the parsed value is the same, checked. */
export const SizeText = z.custom<ByteSize>((value) => reads(() => parseSize(value as ByteSize)), {
  error: "expected bytes as a whole number, or text such as '512MiB' or '20G'",
});

/** A duration as `core/units` reads it; the parsed value is the same, checked. */
export const DurationText = z.custom<Duration>((value) => reads(() => parseDuration(value as Duration)), {
  error: "expected milliseconds as a number, or text such as '90s' or '2m'",
});

function reads(parse: () => number): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
