import {
  ConfigError,
  isDutError,
  NotFoundError,
  UnreachableError,
  UnsupportedError,
} from '../../../core/index.ts';

/** What an error of opendal says: its kind (`NotFound`), and the whole without the context, which may hold addresses and keys. */
export function opendalReason(cause: unknown): { readonly kind: string; readonly reason: string } {
  // `NotFound (permanent) at stat, context: { service: fs, ... } => entity not found`
  const text = cause instanceof Error ? cause.message : String(cause);
  const reason = text.replace(/, context: \{.*?\}/s, '');
  return { kind: /^\w+/.exec(reason)?.[0] ?? '', reason };
}

/** Kinds of errors for which the caller is to blame. */
const MISTAKES = ['IsADirectory', 'NotADirectory', 'IsSameFile', 'AlreadyExists', 'RangeNotSatisfied'];

/** `act`, whose errors become ours: `what` was done with `path`. */
export async function explained<T>(what: string, path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw explain(cause, what, path);
  }
}

function explain(cause: unknown, what: string, path: string): unknown {
  if (isDutError(cause)) return cause;
  const { kind, reason } = opendalReason(cause);
  const message = `${what} ${JSON.stringify(path)}: ${reason}`;
  if (kind === 'NotFound')
    return new NotFoundError(message, { what: 'path', missing: path, known: [] }, { cause });
  if (kind === 'Unsupported')
    return new UnsupportedError(message, { capability: what, available: [] }, { cause });
  if (MISTAKES.includes(kind))
    return new ConfigError(message, { issues: [{ path: 'path', message }] }, { cause });
  return new UnreachableError(message, { target: path }, { cause });
}
