import { ConfigError, type ConfigIssue } from '../core/index.ts';
import type { Rig } from '../interfaces/index.ts';
import type { ReportNode } from '../rpc/index.ts';
import { matchInterface } from './known-interfaces.ts';

/** Checks that the tree at `target` has all that `rig` names. @throws ConfigError that lists what is missing and what is there */
export function checkRig(rig: Rig, root: ReportNode, target: string): void {
  const issues = mismatches(rig, root);
  if (issues.length === 0) return;
  const lines = issues.map(({ path, message }) => `  ${path || '(root)'}: ${message}`);
  const there = listNodes(root).map((line) => `  ${line}`);
  throw new ConfigError([`${target} is not what the rig says`, ...lines, 'There is:', ...there].join('\n'), {
    issues,
  });
}

function mismatches(rig: Rig, node: ReportNode): ConfigIssue[] {
  const own = matchInterface(node, rig.interface)
    ? []
    : [{ path: node.path, message: `expected ${rig.interface.id}, found ${describe(node)}` }];
  const below = Object.entries(rig.children).flatMap(([name, child]) => {
    const found = node.children.get(name);
    if (found) return mismatches(child, found);
    const path = node.path ? `${node.path}.${name}` : name;
    return [{ path, message: `expected ${child.interface.id}, found nothing of that name` }];
  });
  return [...own, ...below];
}

function listNodes(node: ReportNode): string[] {
  return [`${node.path || '(root)'}: ${describe(node)}`, ...[...node.children.values()].flatMap(listNodes)];
}

const describe = (node: ReportNode) => node.interfaceId ?? (node.pythonClient || 'no interface');
