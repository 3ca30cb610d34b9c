import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { Composite, Power, TcpNetwork } from '../../src/interfaces/index.ts';
import { DriverInstanceReportSchema } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { buildReports, type ReportNode, readReports } from '../../src/rpc/report.ts';
import { indexTree, type ServedNode } from '../../src/rpc/server/node.ts';

const leaf = (node: Partial<ServedNode> = {}): ServedNode => ({
  interface: Power,
  handlers: {},
  children: {},
  ...node,
});

const composite = (children: Readonly<Record<string, ServedNode>>): ServedNode =>
  leaf({ interface: Composite, children });

const received = (root: ServedNode) =>
  buildReports(indexTree(root)).map((report) => create(DriverInstanceReportSchema, report));

const outline = (node: ReportNode): unknown => [
  node.path,
  node.interfaceId,
  [...node.children.values()].map(outline),
];

test('a tree is listed depth first, each node with its labels and its help', () => {
  const tcp = leaf({ interface: TcpNetwork, description: 'to the board', labels: { rack: '7' } });
  const [root, power, group, inner] = received(composite({ power: leaf(), group: composite({ tcp }) }));
  expect(root?.labels).toEqual({
    'jumpstarter.dev/client': 'jumpstarter_driver_composite.client.CompositeClient',
    'jumplead.dev/interface': 'composite.v1',
  });
  expect(root?.parentUuid).toBeUndefined();
  expect(power).toMatchObject({
    parentUuid: root?.uuid,
    labels: {
      'jumpstarter.dev/client': 'jumpstarter_driver_power.client.PowerClient',
      'jumpstarter.dev/name': 'power',
      'jumplead.dev/interface': 'power.v1',
    },
    methodsDescription: { on: 'Switch the power on', off: 'Switch the power off' },
  });
  expect(inner).toMatchObject({ parentUuid: group?.uuid, description: 'to the board' });
  expect(inner?.labels).toMatchObject({ rack: '7', 'jumpstarter.dev/name': 'tcp' });
});

test('a tree comes back as it was', () => {
  const tree = readReports(received(composite({ a: leaf(), b: composite({ a: leaf() }) })), 'peer');
  expect(outline(tree)).toEqual([
    '',
    'composite.v1',
    [
      ['a', 'power.v1', []],
      ['b', 'composite.v1', [['b.a', 'power.v1', []]]],
    ],
  ]);
});

test('a node under two names has one uuid; its children belong to the name before them', () => {
  const shared = composite({ leaf: leaf() });
  const reports = received(composite({ first: shared, second: shared }));
  expect(reports[1]?.uuid).toBe(reports[3]?.uuid);
  const tree = readReports(reports, 'peer');
  expect([...tree.children.values()].map((node) => [...node.children.keys()])).toEqual([['leaf'], ['leaf']]);
});

const report = (uuid: string, parentUuid = '', name = '') =>
  create(DriverInstanceReportSchema, {
    uuid,
    parentUuid,
    labels: name ? { 'jumpstarter.dev/name': name } : {},
  });

test.for([
  ['it is empty', []],
  ['it has several roots', [report('a'), report('b')]],
  ['the parent of b is not listed before it', [report('a'), report('b', 'c', 'b')]],
  ['b has no label jumpstarter.dev/name', [report('a'), report('b', 'a')]],
  ['the name x is there twice', [report('a'), report('b', 'a', 'x'), report('c', 'a', 'x')]],
] as const)('a report is refused: %s', ([problem, reports]) => {
  expect(() => readReports(reports, 'lab-7')).toThrow(`the report of lab-7 is not a tree: ${problem}`);
});

test('uuids may come in capitals', () => {
  const tree = readReports([report('ABCD'), report('EF', 'abcd', 'x')], 'peer');
  expect(tree.uuid).toBe('abcd');
  expect(tree.children.get('x')?.uuid).toBe('ef');
});
