import type { MessageInitShape } from '@bufbuild/protobuf';
import { ProtocolError } from '../core/index.ts';
import { type Interface, wireName } from '../interfaces/index.ts';
import type {
  DriverInstanceReport,
  DriverInstanceReportSchema,
} from './gen/jumpstarter/v1/jumpstarter_pb.ts';
import type { IndexedNode } from './server/node.ts';
import { Label } from './wire.ts';

/** One node of a peer's report. */
export interface ReportNode {
  readonly uuid: string;
  /** The name below its parent, `''` for the root. */
  readonly name: string;
  /** Dotted names from the root, `''` for the root. */
  readonly path: string;
  /** The Python class that stock clients use. */
  readonly pythonClient: string;
  /** Our own id of the interface, where the peer announces one. */
  readonly interfaceId: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string | undefined;
  /** Help of the methods, by their names on the wire, as far as the peer tells it. */
  readonly methods: Readonly<Record<string, string>>;
  readonly children: ReadonlyMap<string, ReportNode>;
}

/** The report of a tree: depth first, parents before their children. */
export function buildReports(
  nodes: readonly IndexedNode[],
): MessageInitShape<typeof DriverInstanceReportSchema>[] {
  return nodes.map(({ uuid, name, parent, node }) => ({
    uuid,
    ...(parent && { parentUuid: parent.uuid }),
    labels: {
      ...node.labels,
      [Label.client]: node.pythonClient ?? node.interface.pythonClient,
      [Label.interface]: node.interface.id,
      ...(parent && { [Label.name]: name }),
    },
    ...(node.description && { description: node.description }),
    methodsDescription: { ...helpOf(node.interface), ...node.help },
  }));
}

const helpOf = ({ methods }: Interface) =>
  Object.fromEntries(Object.entries(methods).map(([method, { help }]) => [wireName(method), help]));

/** The tree of a peer's report. @throws ProtocolError when it is none: no root, several, an unknown parent, a name twice. */
export function readReports(reports: readonly DriverInstanceReport[], peer: string): ReportNode {
  // A driver may be listed under several names: of nodes with the same uuid, the latest is the one that children name.
  const latest = new Map<string, OpenNode>();
  let root: OpenNode | undefined;
  for (const report of reports) {
    const uuid = report.uuid.toLowerCase();
    const parent = report.parentUuid ? latest.get(report.parentUuid.toLowerCase()) : undefined;
    if (report.parentUuid && !parent) throw wrong(peer, `the parent of ${uuid} is not listed before it`);
    if (!parent && root) throw wrong(peer, 'it has several roots');
    const node = openNode(report, uuid, parent);
    if (!parent) root = node;
    else if (!node.name) throw wrong(peer, `${uuid} has no label ${Label.name}`);
    else if (parent.children.has(node.name)) throw wrong(peer, `the name ${node.path} is there twice`);
    else parent.children.set(node.name, node);
    latest.set(uuid, node);
  }
  if (!root) throw wrong(peer, 'it is empty');
  return root;
}

/** A driver that is in no report. */
export const unreported = (uuid: string, name: string): ReportNode => ({
  ...{ uuid, name, path: name, pythonClient: '', interfaceId: undefined, description: undefined },
  ...{ labels: {}, methods: {}, children: new Map() },
});

interface OpenNode extends ReportNode {
  readonly children: Map<string, ReportNode>;
}

function openNode(report: DriverInstanceReport, uuid: string, parent: OpenNode | undefined): OpenNode {
  const name = parent ? (report.labels[Label.name] ?? '') : '';
  return {
    uuid,
    name,
    path: parent?.path ? `${parent.path}.${name}` : name,
    pythonClient: report.labels[Label.client] ?? '',
    interfaceId: report.labels[Label.interface],
    labels: report.labels,
    description: report.description || undefined,
    methods: report.methodsDescription,
    children: new Map(),
  };
}

function wrong(peer: string, problem: string): ProtocolError {
  return new ProtocolError(`the report of ${peer} is not a tree: ${problem}`, { peer, answer: problem });
}
