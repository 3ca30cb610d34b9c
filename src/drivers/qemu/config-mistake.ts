import { ConfigError } from '../../core/index.ts';

/** A mistake in a field that only shows when the host or the image is known. */
export function configMistake(path: string, value: unknown, allowed: string): ConfigError {
  const message = `got ${JSON.stringify(value)}; ${allowed}`;
  return new ConfigError(`qemu: the configuration is wrong\n  ${path}: ${message}`, {
    issues: [{ path, message }],
  });
}
