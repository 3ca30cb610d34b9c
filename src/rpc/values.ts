import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt';
import { ConfigError } from '../core/index.ts';

/** Deeper nesting overruns the limits of other protobuf stacks. */
const MAX_DEPTH = 30;

/**
 * A JavaScript value as it travels: what JSON can say, with `null` for `undefined`, dates and URLs as text. Numbers are
 * doubles.
 *
 * @throws ConfigError for what the wire cannot carry (NaN, infinities, bytes, functions), naming where it is.
 */
export function encodeValue(value: unknown, path = ''): Value {
  return fromJson(ValueSchema, toJson(value, path));
}

/** `value` as JSON, by the same rules. @throws ConfigError as `encodeValue` does */
export function toJson(value: unknown, path = ''): JsonValue {
  return toJsonValue(value, path, 0);
}

/**
 * The plain JavaScript value of `value`; one without a kind is `null`. Whole numbers of Python arrive as such, and its NaN
 * as NaN: schemas tell whether they allow it.
 */
export function decodeValue(value: Value | undefined): unknown {
  const kind = value?.kind;
  if (kind?.case === 'listValue') return kind.value.values.map((item) => decodeValue(item));
  if (kind?.case === 'structValue') {
    return Object.fromEntries(
      Object.entries(kind.value.fields).map(([key, item]) => [key, decodeValue(item)]),
    );
  }
  return kind?.case === 'nullValue' ? null : (kind?.value ?? null);
}

function toJsonValue(value: unknown, path: string, depth: number): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint' && BigInt.asIntN(53, value) === value) return Number(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  if (value instanceof URL) return value.href;
  if (depth >= MAX_DEPTH) throw refuse(path, `nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    return value.map((item, index) => toJsonValue(item, join(path, String(index)), depth + 1));
  }
  if (isPlainObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, toJsonValue(item, join(path, key), depth + 1)]),
    );
  }
  throw refuse(path, `${describe(value)} cannot travel; allowed: what JSON can say`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value === 'object') return `an object of class ${value?.constructor.name}`;
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}

function refuse(path: string, problem: string): ConfigError {
  return new ConfigError(`${path || 'value'}: ${problem}`, { issues: [{ path, message: problem }] });
}

const join = (path: string, key: string) => (path ? `${path}.${key}` : key);
