import { ConfigError } from '../core/index.ts';
import type { Rig } from '../interfaces/index.ts';
import type { ReportNode } from '../rpc/index.ts';
import { createHandle } from './handles.ts';
import { remoteNode } from './remote-node.ts';
import { type OpenSession, rememberSession } from './session.ts';
import { createWaitFor } from './wait/wait-for.ts';

/** The handles of `rig` over the nodes of the report, which has been found to match it. */
export async function buildTree(session: OpenSession, rig: Rig, node: ReportNode): Promise<object> {
  const { exporter, info } = session;
  const own = remoteNode(exporter, info, node, rig.interface, rig);
  const handle = await createHandle(rig.interface, own);
  rememberSession(handle, session);
  if (Object.keys(rig.children).length > 0 && !hasProperty(handle, 'waitFor'))
    attach(handle, 'waitFor', createWaitFor(handle, own));
  for (const [name, child] of Object.entries(rig.children)) {
    const found = node.children.get(name);
    if (!found) continue;
    const property = propertyName(name);
    if (hasProperty(handle, property)) throw taken(found.path, property, rig.interface.id);
    attach(handle, property, await buildTree(session, child, found));
  }
  return handle;
}

/** What a child is called among the properties of its parent's handle. */
function propertyName(child: string): string {
  return child === 'vnc' ? 'display' : child;
}

/** True if `name` is a property of the handle itself, apart from what every object has. */
function hasProperty(handle: object, name: string): boolean {
  return Object.hasOwn(handle, name) || (name in handle && !(name in Object.prototype));
}

/** Makes `child` a property, whatever its name is. */
function attach(handle: object, name: string, child: object): void {
  Object.defineProperty(handle, name, { value: child, enumerable: true, configurable: true });
}

function taken(path: string, property: string, id: string): ConfigError {
  const message = `the handle of ${id} has a property ${property} of its own`;
  return new ConfigError(`the child ${path} cannot have this name: ${message}`, {
    issues: [{ path, message }],
  });
}
