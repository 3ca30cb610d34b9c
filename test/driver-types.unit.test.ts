import { describe, expect, it } from 'vitest';
import { DRIVER_TYPES } from '../src/driver-types.ts';

describe.each(DRIVER_TYPES)('the driver type $name', ({ name, python, load }) => {
  it('is what the list says', async () => {
    const type = await load();
    expect(type.name).toBe(name);
    expect(Object.keys(type.python)).toEqual(python);
  });

  it('knows its fields, so that a misspelt one can be told', async () => {
    const type = await load();
    for (const form of [type.own, ...Object.values(type.python)])
      expect(form.config.safeParse({ 'no such field': 1 }).error?.issues).toContainEqual(
        expect.objectContaining({ code: 'unrecognized_keys' }),
      );
  });
});

it('is in the order of the names, and no name is there twice', () => {
  const names = DRIVER_TYPES.map(({ name }) => name);
  expect(names).toEqual(names.toSorted());
  const all = DRIVER_TYPES.flatMap(({ name, python }) => [name, ...python]);
  expect(new Set(all).size).toBe(all.length);
});
