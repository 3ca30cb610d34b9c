import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../../src/core/index.ts';
import { parseConfig } from '../../src/driver/index.ts';
import { SizeText } from '../../src/interfaces/index.ts';

const schema = z.strictObject({
  arch: z.enum(['x86_64', 'aarch64']),
  cpus: z.int().min(1).max(255).default(2),
  memory: SizeText,
  firmware: z
    .union([z.enum(['uefi', 'bios']), z.strictObject({ code: z.string(), vars: z.string() })])
    .default('uefi'),
});

const mistakes = (input: unknown) => {
  try {
    return parseConfig(schema, input, 'qemu');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

test('a right configuration gets its defaults', () => {
  expect(parseConfig(schema, { arch: 'aarch64', memory: '1GiB' }, 'qemu')).toEqual({
    arch: 'aarch64',
    cpus: 2,
    memory: '1GiB',
    firmware: 'uefi',
  });
});

test('every mistake is named with the field, the value and what is allowed', () => {
  expect(mistakes({ arch: 'x86', cpus: 0, memory: 'lots', cpu: 1 })).toMatchInlineSnapshot(`
    "qemu: the configuration is wrong
      arch: got "x86"; allowed: x86_64, aarch64
      cpus: got 0; too small: expected number to be >=1
      memory: got "lots"; expected bytes as a whole number, or text such as '512MiB' or '20G'
      cpu: unknown field; did you mean cpus?"
  `);
});

test('a mistake within one of several shapes names the field of that shape', () => {
  expect(mistakes({ arch: 'x86_64', memory: 1, firmware: { code: '/a' } })).toMatchInlineSnapshot(`
    "qemu: the configuration is wrong
      firmware.vars: missing; expected text"
  `);
});

test('a misspelt field is told the right spelling, at any depth', () => {
  expect(
    mistakes({ arch: 'x86_64', memroy: 1, memory: 1, firmware: { code: '/a', vars: '/b', var: 1, zzzz: 2 } }),
  ).toMatchInlineSnapshot(`
    "qemu: the configuration is wrong
      firmware.var: unknown field; did you mean vars?
      firmware.zzzz: unknown field; known: code, vars
      memroy: unknown field; did you mean memory?"
  `);
});

test('something that is no configuration at all', () => {
  expect(mistakes('q35')).toMatchInlineSnapshot(`
    "qemu: the configuration is wrong
      (whole): got "q35"; expected names and their values"
  `);
});
