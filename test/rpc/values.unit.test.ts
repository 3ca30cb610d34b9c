import { create } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../src/core/index.ts';
import { decodeValue, encodeValue } from '../../src/rpc/values.ts';

test('whatever JSON can say comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect(decodeValue(encodeValue(value))).toEqual(value);
    }),
  );
});

test.for([
  [undefined, null],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  [new URL('http://localhost/a'), 'http://localhost/a'],
  [12n, 12],
  [{ here: 1, gone: undefined }, { here: 1 }],
  [[undefined], [null]],
])('%o travels as %o', ([value, expected]) => {
  expect(decodeValue(encodeValue(value))).toEqual(expected);
});

test('null is said explicitly, and a value without a kind is read as one', () => {
  expect(encodeValue(null).kind.case).toBe('nullValue');
  expect(decodeValue(create(ValueSchema, {}))).toBeNull();
  expect(decodeValue(undefined)).toBeNull();
});

test.for([
  [{ a: [1, Number.NaN] }, 'a.1: NaN cannot travel; allowed: what JSON can say'],
  [Number.POSITIVE_INFINITY, 'value: Infinity cannot travel; allowed: what JSON can say'],
  [{ b: new Uint8Array(1) }, 'b: an object of class Uint8Array cannot travel; allowed: what JSON can say'],
  [{ f: () => undefined }, 'f: a function cannot travel; allowed: what JSON can say'],
  [2n ** 60n, 'value: 1152921504606846976 cannot travel; allowed: what JSON can say'],
])('%o is refused', ([value, message]) => {
  expect(() => encodeValue(value)).toThrow(ConfigError);
  expect(() => encodeValue(value)).toThrow(String(message));
});

test('what refers to itself is refused', () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  expect(() => encodeValue(loop)).toThrow('nested deeper than 30 levels');
});

test('what only other stacks can say is read as it is; schemas refuse it', () => {
  const number = (value: number) => create(ValueSchema, { kind: { case: 'numberValue', value } });
  expect(decodeValue(number(Number.NaN))).toBeNaN();
  expect(z.number().safeParse(decodeValue(number(Number.POSITIVE_INFINITY))).success).toBe(false);
  const list = create(ValueSchema, { kind: { case: 'listValue', value: { values: [create(ValueSchema)] } } });
  expect(decodeValue(list)).toEqual([null]);
  const fields = Object.fromEntries([['__proto__', number(1)]]);
  const decoded = decodeValue(create(ValueSchema, { kind: { case: 'structValue', value: { fields } } }));
  expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  expect(Object.entries(decoded as object)).toEqual([['__proto__', 1]]);
});
