import { type Client, type Interface, type Rig, wireName } from '../interfaces/index.ts';
import type { RemoteExporter, ReportNode } from '../rpc/index.ts';
import { matchInterface } from './known-interfaces.ts';
import type { RemoteNode, SessionInfo } from './node.ts';

/** A node of `exporter`'s report, with the calls of `contract`. */
export function remoteNode<I extends Interface>(
  exporter: RemoteExporter,
  session: SessionInfo,
  node: ReportNode,
  contract: I,
  rig?: Rig,
): RemoteNode<I> {
  const extended = matchInterface(node, contract) === 'ours';
  let calls: Client<I> | undefined;
  return {
    path: node.path,
    get calls() {
      calls ??= exporter.calls(node, contract, { strict: extended });
      return calls;
    },
    extended,
    session,
    offers: (method) => wireName(method) in node.methods,
    child: (name, childContract) => {
      const child = node.children.get(name);
      return child && remoteNode(exporter, session, child, childContract);
    },
    rig,
    besides: (uuid, name) => exporter.besides(uuid, name),
    nearest: (wanted) => {
      const found = withParents(exporter.report.root, node).find((one) => matchInterface(one, wanted));
      return found && remoteNode(exporter, session, found, wanted);
    },
  };
}

/** `node`, its parent, and so on up to `root`. */
function withParents(root: ReportNode, node: ReportNode): ReportNode[] {
  const line = [root];
  for (const name of node.path.split('.').filter(Boolean)) {
    const child = line[0]?.children.get(name);
    if (child) line.unshift(child);
  }
  return line;
}
