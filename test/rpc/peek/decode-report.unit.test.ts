import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { entryOf } from '../../../src/cli/jl/nodes.ts';
import { knownInterface } from '../../../src/client/known-interfaces.ts';
import {
  type DriverInstanceReportSchema,
  GetReportResponseSchema,
} from '../../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { decodeReport, STOCK_INTERFACES } from '../../../src/rpc/peek/index.ts';
import { unreported } from '../../../src/rpc/report.ts';

type Report = MessageInitShape<typeof DriverInstanceReportSchema>;

const encode = (reports: Report[]) =>
  toBinary(
    GetReportResponseSchema,
    create(GetReportResponseSchema, { uuid: 'session', labels: { a: 'b' }, reports, motd: 'hello' }),
  );

const ROOT = { uuid: 'R', labels: { 'jumpstarter.dev/client': 'Root', 'jumpstarter.dev/name': 'ignored' } };
const child = (name: string, more: Report = {}): Report => ({
  uuid: name,
  parentUuid: 'R',
  labels: {
    'jumpstarter.dev/client': 'Child',
    'jumpstarter.dev/name': name,
    'jumplead.dev/interface': 'x.v1',
  },
  ...more,
});

test('a report of several levels, with all that a list of nodes needs', () => {
  const help = { on: 'switch it on', off: 'größer' };
  const power = child('power', { description: 'the relay', methodsDescription: help });
  const root = decodeReport(encode([ROOT, power, child('inner', { parentUuid: 'POWER' })]));
  expect(root).toMatchObject({
    name: '',
    pythonClient: 'Root',
    interfaceId: undefined,
    description: undefined,
  });
  expect(root?.children.get('power')).toMatchObject({
    name: 'power',
    interfaceId: 'x.v1',
    description: 'the relay',
    methods: help,
  });
  expect(root?.children.get('power')?.children.get('inner')?.pythonClient).toBe('Child');
});

test('a proxy names its target once more: children are those of the latest', () => {
  const again = child('proxy', { uuid: 'power' });
  const root = decodeReport(encode([ROOT, child('power'), again, child('below', { parentUuid: 'power' })]));
  expect(root?.children.get('power')?.children.size).toBe(0);
  expect(root?.children.get('proxy')?.children.has('below')).toBe(true);
});

test.for<[string, Report[]]>([
  ['nothing', []],
  ['two roots', [ROOT, ROOT]],
  ['a parent that is not listed', [ROOT, child('a', { parentUuid: 'nobody' })]],
  ['a name twice', [ROOT, child('a'), child('a', { uuid: 'b' })]],
  ['a node without a name', [ROOT, child('a', { labels: {} })]],
  ['a child before its root', [child('a'), ROOT]],
])('%s is no tree', ([, reports]) => {
  expect(decodeReport(encode(reports))).toBeUndefined();
});

test('what is cut short is no message, wherever', () => {
  const whole = encode([ROOT, child('power')]);
  const results = Array.from(whole, (_, length) => {
    try {
      return decodeReport(whole.subarray(0, length))?.children.size ?? 0;
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      return 0;
    }
  });
  // Cut between two fields it is a message, with fewer of them.
  expect(Math.max(...results)).toBe(1);
  expect(decodeReport(whole)?.children.size).toBe(1);
  expect(() =>
    decodeReport(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)),
  ).toThrow();
  expect(() => decodeReport(Uint8Array.of(0x1b))).toThrow(RangeError);
});

test('stock classes stand for interfaces that exist, and that jl has commands for', () => {
  for (const [pythonClient, id] of Object.entries(STOCK_INTERFACES)) {
    expect(knownInterface({ ...unreported('u', 'n'), pythonClient })?.id).toBe(id);
    expect(entryOf({ interface: { id } }), id).toBeDefined();
  }
});
