import { ConfigError } from './errors.ts';

/** The error of one mistake: in the option, variable or field `path`, which its message begins with. */
export function mistake(
  path: string,
  message: string,
  options: { readonly cause?: unknown } = {},
): ConfigError {
  return new ConfigError(`${path}: ${message}`, { issues: [{ path, message }] }, options);
}
