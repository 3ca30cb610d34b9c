import type { IncomingHttpHeaders } from 'undici/types/header.js';

/** What tells one state of a file on a server from every other. */
export interface Validator {
  readonly header: 'etag' | 'last-modified';
  readonly value: string;
}

/** A time has seconds: of a file that was changed within this time of the answer, two states may have the same. */
const SETTLED_AFTER = 1_000;

/** The validator in the headers of an answer, if it is one for bytes (RFC 9110, 8.8: a strong one). */
export function validatorOf(headers: IncomingHttpHeaders): Validator | undefined {
  const { etag, date, 'last-modified': lastModified } = headers;
  if (typeof etag === 'string' && etag.startsWith('"')) return { header: 'etag', value: etag };
  if (typeof lastModified !== 'string' || Number.isNaN(Date.parse(lastModified))) return undefined;
  const age = Date.parse(String(date)) - Date.parse(lastModified);
  return age < SETTLED_AFTER ? undefined : { header: 'last-modified', value: lastModified };
}

/** Whether an answer is of the same state; `undefined` when it does not say. */
export function isSame({ header, value }: Validator, headers: IncomingHttpHeaders): boolean | undefined {
  const now = headers[header];
  return now === undefined ? undefined : now === value;
}

/** The header that asks for the file unless it is still in that state. */
export function unlessSame({ header, value }: Validator): Readonly<Record<string, string>> {
  return { [header === 'etag' ? 'if-none-match' : 'if-modified-since']: value };
}
