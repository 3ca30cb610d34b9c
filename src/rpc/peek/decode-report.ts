import { fieldsOf } from './fields.ts';
import { Label } from './labels.ts';

/** A node of a report, as far as a list of nodes needs it. */
export interface PeekedNode {
  /** The name below its parent, `''` for the root. */
  readonly name: string;
  /** Our own id of the interface, where the peer announces one. */
  readonly interfaceId: string | undefined;
  /** The Python class that stock clients use. */
  readonly pythonClient: string;
  readonly description: string | undefined;
  /** Help of the methods, by their names on the wire, as far as the peer tells it. */
  readonly methods: Readonly<Record<string, string>>;
  readonly children: ReadonlyMap<string, PeekedNode>;
}

/** Numbers of the fields of GetReportResponse, of DriverInstanceReport, and of an entry of a map. */
const REPORTS = 3;
const UUID = 1;
const PARENT_UUID = 2;
const LABELS = 3;
const DESCRIPTION = 4;
const METHODS_DESCRIPTION = 5;
const KEY = 1;
const VALUE = 2;

interface OpenNode extends PeekedNode {
  readonly children: Map<string, OpenNode>;
}

/** The tree in a `GetReportResponse`; undefined where it is none: whoever reads it in full says what is wrong with it. */
export function decodeReport(message: Uint8Array): PeekedNode | undefined {
  const latest = new Map<string, OpenNode>();
  let root: OpenNode | undefined;
  for (const bytes of fieldsOf(message, REPORTS)) {
    const parentUuid = textOf(bytes, PARENT_UUID).toLowerCase();
    const parent = latest.get(parentUuid);
    const node = openNode(bytes);
    if (parentUuid === '' ? root !== undefined : !parent || node.name === '') return undefined;
    if (parent?.children.has(node.name)) return undefined;
    if (parent) parent.children.set(node.name, node);
    else root = { ...node, name: '' };
    latest.set(textOf(bytes, UUID).toLowerCase(), parent || !root ? node : root);
  }
  return root;
}

function openNode(bytes: Uint8Array): OpenNode {
  const labels = mapOf(bytes, LABELS);
  return {
    name: labels[Label.name] ?? '',
    interfaceId: labels[Label.interface],
    pythonClient: labels[Label.client] ?? '',
    description: textOf(bytes, DESCRIPTION) || undefined,
    methods: mapOf(bytes, METHODS_DESCRIPTION),
    children: new Map(),
  };
}

const textOf = (message: Uint8Array, field: number) =>
  new TextDecoder().decode(fieldsOf(message, field).at(-1));

const mapOf = (message: Uint8Array, field: number) =>
  Object.fromEntries(
    fieldsOf(message, field).map((entry) => [textOf(entry, KEY), textOf(entry, VALUE)] as const),
  );
