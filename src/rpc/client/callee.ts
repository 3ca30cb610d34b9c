import type { ReportNode } from '../report.ts';
import type { Link } from './link.ts';

/** What a call is made on, and what errors call it. */
export interface Callee {
  readonly link: Link;
  readonly node: ReportNode;
  /** The method's name on the wire. */
  readonly method: string;
  /** `power.off` */
  readonly operation: string;
}

/** The method `wire` of `node`, which errors call by `name`. */
export function calleeOf(link: Link, node: ReportNode, wire: string, name: string = wire): Callee {
  return { link, node, method: wire, operation: node.path ? `${node.path}.${name}` : name };
}
