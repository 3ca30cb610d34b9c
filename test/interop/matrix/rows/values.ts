import { expect } from 'vitest';
import { group } from '../../../../src/driver/index.ts';
import { Composite } from '../../../../src/interfaces/index.ts';
import { mirror } from '../mirror.ts';
import { dash, defineRow, NO_COMMANDS, type TypescriptRun } from '../row.ts';

const VALUE = { int: 1, float: 1.5, text: 'grüße', list: [true, null], deep: { a: {} } };

async function typescript({ raw }: TypescriptRun<typeof Composite, unknown>) {
  const node = raw.children.get('mirror');
  expect(node?.interface?.id ?? 'composite.v1').toBe('composite.v1');
  expect(await node?.call('reflect', [VALUE])).toEqual(VALUE);
  expect(await node?.call('reflect', [null])).toBe(null);
  expect(await Array.fromAsync(node?.stream('count', [3]) ?? [])).toEqual([0, 1, 2]);
  await expect(node?.call('count', [3])).rejects.toMatchObject({ code: 'unsupported' });
}

/** What a call can carry, there and back, and a call that answers more than once. */
export const values = defineRow({
  name: 'values',
  title: "a driver of one's own: values",
  rig: Composite,
  open: () => ({
    python: { children: { mirror: { type: 'python.drivers.Mirror' } } },
    ours: group({ mirror: mirror() }),
    facts: { value: VALUE },
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'values.py',
  jTs: dash(NO_COMMANDS),
  jlPy: dash(NO_COMMANDS),
});
