import type { Interface } from '../interfaces/index.ts';
import type { RawCalls, ReportNode } from '../rpc/index.ts';
import type { Address } from './address.ts';
import { type ConnectOptions, openSession } from './connect.ts';
import { createHandle } from './handles.ts';
import { knownInterface } from './known-interfaces.ts';
import { remoteNode } from './remote-node.ts';
import { type OpenSession, rememberSession, type Session } from './session.ts';

/** A node of a tree that nobody has described in advance. */
export interface ExploredNode extends RawCalls {
  /** The name below its parent, `''` for the root. */
  readonly name: string;
  /** Dotted names from the root, `''` for the root. */
  readonly path: string;
  /** What the node can do, if that is known here: by our own id or by the Python class that it announces. */
  readonly interface: Interface | undefined;
  readonly pythonClient: string;
  readonly description: string | undefined;
  /** Help of the methods by their names on the wire, as far as the exporter tells it. */
  readonly methods: Readonly<Record<string, string>>;
  readonly children: ReadonlyMap<string, ExploredNode>;
  /** The typed handle; undefined for a node whose interface is not known. Made when it is first asked for. */
  handle(): Promise<object | undefined>;
}

/** A session whose tree is taken as it is. */
export interface Explored extends AsyncDisposable {
  readonly session: Session;
  readonly root: ExploredNode;
}

/** Connects to a session and takes what is there. @throws UnreachableError, AuthError, DeadlineError */
export async function exploreSession(address: Address, options: ConnectOptions = {}): Promise<Explored> {
  const session = await openSession(address, options);
  return {
    session,
    root: explored(session, session.report.root),
    [Symbol.asyncDispose]: () => session.close(),
  };
}

function explored(session: OpenSession, node: ReportNode): ExploredNode {
  const { exporter, info } = session;
  const contract = knownInterface(node);
  let handle: Promise<object> | undefined;
  const makeHandle = async (known: Interface) => {
    const made = await createHandle(known, remoteNode(exporter, info, node, known));
    rememberSession(made, session);
    return made;
  };
  return {
    ...exporter.raw(node),
    name: node.name,
    path: node.path,
    interface: contract,
    pythonClient: node.pythonClient,
    description: node.description,
    methods: node.methods,
    children: new Map([...node.children].map(([name, child]) => [name, explored(session, child)])),
    handle: async () => {
      if (contract) handle ??= makeHandle(contract);
      return await handle;
    },
  };
}
