import {
  Composite,
  Console,
  Display,
  Flasher,
  HttpServer,
  ImageFlasher,
  type Interface,
  Machine,
  MessageNetwork,
  MeteredPower,
  Network,
  Power,
  Serial,
  Shell,
  Ssh,
  SshWrapper,
  Storage,
  StorageMux,
  StorageMuxFlasher,
  TcpNetwork,
  TftpServer,
  VirtualPower,
  Vnc,
  wireName,
} from '../interfaces/index.ts';
import type { ReportNode } from '../rpc/index.ts';
import { STOCK_INTERFACES } from '../rpc/peek/index.ts';

const ours: ReadonlyMap<string, Interface> = new Map(
  [
    Composite,
    Console,
    Display,
    Flasher,
    HttpServer,
    ImageFlasher,
    Machine,
    MessageNetwork,
    MeteredPower,
    Network,
    Power,
    Serial,
    Shell,
    Ssh,
    SshWrapper,
    Storage,
    StorageMux,
    StorageMuxFlasher,
    TcpNetwork,
    TftpServer,
    VirtualPower,
    Vnc,
  ].map((contract) => [contract.id, contract]),
);

/** The interface of a node of somebody's report: by our id, or by the Python class; undefined if we know neither. */
export function knownInterface(node: ReportNode): Interface | undefined {
  return ours.get(node.interfaceId ?? '') ?? stockInterface(node);
}

const stockInterface = ({ pythonClient }: ReportNode) => ours.get(STOCK_INTERFACES[pythonClient] ?? '');

/** How well `node` is what `contract` says: `ours` has all of it, `stock` what Jumpstarter's own drivers have of it. */
export function matchInterface(node: ReportNode, contract: Interface): 'ours' | 'stock' | undefined {
  if (node.interfaceId === contract.id) return 'ours';
  if (node.interfaceId !== undefined) {
    const hasAll = Object.keys(contract.methods).every((name) => wireName(name) in node.methods);
    return hasAll && node.pythonClient === contract.pythonClient ? 'ours' : undefined;
  }
  if (node.pythonClient === contract.pythonClient) return 'stock';
  const stock = stockInterface(node);
  return stock && isPartOf(contract, stock) ? 'stock' : undefined;
}

const isPartOf = (part: Interface, whole: Interface) =>
  Object.entries(part.methods).every(([name, { kind }]) => whole.methods[name]?.kind === kind);
