import { z } from 'zod';

/** The names of the fields that `schema` knows at `path`: for telling a user the right spelling. */
export function knownFields(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodObject) {
    const [key, ...rest] = path;
    if (key === undefined) return Object.keys(schema.shape);
    const field = schema.shape[String(key)];
    return field ? knownFields(field, rest) : [];
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => knownFields(option, path));
  if (schema instanceof z.ZodRecord) return knownFields(schema.valueType, path.slice(1));
  if (schema instanceof z.ZodArray) return knownFields(schema.element, path.slice(1));
  if (schema instanceof z.ZodPipe) return knownFields(schema.in, path);
  const wrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return wrapped ? knownFields(schema.unwrap(), path) : [];
}
