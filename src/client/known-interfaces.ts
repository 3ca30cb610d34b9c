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

/** For the Python classes that stock exporters announce, the interface that has all that their drivers may have. */
const byPythonClient: ReadonlyMap<string, Interface> = new Map<string, Interface>([
  ['jumpstarter.client.flasher.FlasherClient', Flasher],
  ['jumpstarter_driver_composite.client.CompositeClient', Composite],
  ['jumpstarter_driver_http.client.HttpServerClient', HttpServer],
  ['jumpstarter_driver_network.client.DbusNetworkClient', Network],
  ['jumpstarter_driver_network.client.NetworkClient', TcpNetwork],
  ['jumpstarter_driver_opendal.client.FlasherClient', Flasher],
  ['jumpstarter_driver_opendal.client.OpendalClient', Storage],
  ['jumpstarter_driver_opendal.client.StorageMuxClient', StorageMux],
  ['jumpstarter_driver_opendal.client.StorageMuxFlasherClient', StorageMuxFlasher],
  ['jumpstarter_driver_power.client.PowerClient', MeteredPower],
  ['jumpstarter_driver_power.client.VirtualPowerClient', VirtualPower],
  ['jumpstarter_driver_pyserial.client.PySerialClient', Serial],
  ['jumpstarter_driver_qemu.client.QemuClient', Machine],
  ['jumpstarter_driver_qemu.client.QemuFlasherClient', ImageFlasher],
  ['jumpstarter_driver_shell.client.ShellClient', Shell],
  ['jumpstarter_driver_ssh.client.SSHWrapperClient', SshWrapper],
  ['jumpstarter_driver_tftp.client.TftpServerClient', TftpServer],
  ['jumpstarter_driver_vnc.client.VNClient', Vnc],
]);

/** The interface of a node of somebody's report: by our id, or by the Python class; undefined if we know neither. */
export function knownInterface(node: ReportNode): Interface | undefined {
  return ours.get(node.interfaceId ?? '') ?? byPythonClient.get(node.pythonClient);
}

/** How well `node` is what `contract` says: `ours` has all of it, `stock` what Jumpstarter's own drivers have of it. */
export function matchInterface(node: ReportNode, contract: Interface): 'ours' | 'stock' | undefined {
  if (node.interfaceId === contract.id) return 'ours';
  if (node.interfaceId !== undefined) {
    const hasAll = Object.keys(contract.methods).every((name) => wireName(name) in node.methods);
    return hasAll && node.pythonClient === contract.pythonClient ? 'ours' : undefined;
  }
  if (node.pythonClient === contract.pythonClient) return 'stock';
  const stock = byPythonClient.get(node.pythonClient);
  return stock && isPartOf(contract, stock) ? 'stock' : undefined;
}

const isPartOf = (part: Interface, whole: Interface) =>
  Object.entries(part.methods).every(([name, { kind }]) => whole.methods[name]?.kind === kind);
