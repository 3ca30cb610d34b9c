/**
 * Writes every interface as JSON, so that a change of a contract shows in review: `node scripts/gen-interfaces.ts [--write]`.
 * Without `--write` it only says whether docs/interfaces.json is what the sources say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import * as interfaces from '../src/interfaces/index.ts';

type Exports = Readonly<Record<string, unknown>>;

/** Interfaces and named schemas, from the exports of a room. */
export function describeInterfaces(exports: Exports): object[] {
  const values = Object.entries(exports);
  const names = new Map(
    values.filter(([, value]) => value instanceof z.ZodType).map(([name, value]) => [value, name]),
  );
  return values
    .map(([, value]) => value)
    .filter(isInterface)
    .toSorted((a, b) => a.id.localeCompare(b.id))
    .map(({ id, pythonClient, category, methods }) => ({
      id,
      category,
      labels: { 'jumplead.dev/interface': id, 'jumpstarter.dev/client': pythonClient },
      methods: Object.entries(methods).map(([name, method]) => ({
        name,
        wireName: interfaces.wireName(name),
        ...describeMethod(method, names),
      })),
    }));
}

type Names = ReadonlyMap<unknown, string>;

function describeMethod(method: interfaces.Method, names: Names): object {
  const { kind, help } = method;
  if (kind === 'channel') {
    const messages = method.carries === 'messages' && { carries: method.carries };
    return {
      kind,
      help,
      ...messages,
      ...(method.options && { options: describeSchema(method.options, 'input', names) }),
    };
  }
  return {
    kind,
    help,
    ...(kind === 'call' && { idempotent: method.idempotent }),
    args: method.args.map((arg) =>
      'schema' in arg ? { ...arg, schema: describeSchema(arg.schema, 'input', names) } : arg,
    ),
    returns: describeSchema(method.returns, 'output', names),
  };
}

/** The JSON schema. What JSON schema cannot say, such as a size with its unit, has at least its name as the title. */
function describeSchema(schema: z.ZodType, io: 'input' | 'output', names: Names): object {
  const { $schema: _, ...described } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const title = names.get(zodSchema);
      if (title !== undefined) jsonSchema.title = title;
    },
  });
  return described;
}

function isInterface(value: unknown): value is interfaces.Interface {
  return typeof value === 'object' && value !== null && 'id' in value && 'methods' in value;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '..', 'docs', 'interfaces.json');
  const text = `${JSON.stringify(describeInterfaces(interfaces), null, 2)}\n`;
  if (process.argv.includes('--write')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    console.error('docs/interfaces.json is not what src/interfaces says; `npm run gen` writes it');
    process.exitCode = 1;
  }
}
