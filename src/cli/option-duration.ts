import { mistake, parseDuration } from '../core/index.ts';

/** Milliseconds of the time that an option was given. @throws ConfigError that begins with `option` */
export function readOptionDuration(option: string, text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw mistake(option, `got ${JSON.stringify(text)}; expected a time such as 30s, 2m, 12h or 30d`);
  }
}
