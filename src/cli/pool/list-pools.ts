import { exploreSession } from '../../client/index.ts';
import { Machine, type Rig } from '../../interfaces/index.ts';
import { findPools } from './find-pools.ts';
import { type ListedExporter, listExporter } from './registry.ts';

/** Lets this user's `jumplead pool` find the pools of an exporter, if it has any. */
export async function listPools(rig: Rig, exporter: ListedExporter): Promise<AsyncDisposable | undefined> {
  if (!hasMachine(rig)) return undefined;
  await using explored = await exploreSession(exporter.host);
  const pools = await findPools(explored.root);
  return pools.length > 0 ? await listExporter(exporter) : undefined;
}

const hasMachine = ({ interface: { id }, children }: Rig): boolean =>
  id === Machine.id || Object.values(children).some(hasMachine);
