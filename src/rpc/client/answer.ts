import type { Value } from '@bufbuild/protobuf/wkt';
import { z } from 'zod';
import { ProtocolError } from '../../core/index.ts';
import { describeIssues } from '../../interfaces/index.ts';
import { decodeValue } from '../values.ts';
import type { Callee } from './callee.ts';

/**
 * An answer as the schema reads it. `strict` is false towards peers that do not know our interfaces: an answer where
 * there should be none is dropped.
 *
 * @throws ProtocolError when the schema does not allow it
 */
export function readAnswer(
  { link, operation }: Callee,
  schema: z.ZodType,
  answer: Value | undefined,
  { strict }: { readonly strict: boolean },
): unknown {
  const value = decodeValue(answer);
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  if (!strict && schema instanceof z.ZodNull) return null;
  const issues = describeIssues(parsed.error, value, schema);
  const problems = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  throw new ProtocolError(
    `${operation}: ${link.name} answered what the interface does not allow: ${problems}`,
    { peer: link.name, answer: JSON.stringify(value).slice(0, 1_000) },
    { operation },
  );
}
