import type { DriverType, KnownDriverType } from './driver/index.ts';

const known = (name: string, python: string | readonly string[], load: () => Promise<DriverType>) => ({
  name,
  python: [python].flat(),
  load,
});

const files = () => import('./drivers/files/index.ts');
const mock = () => import('./drivers/mock/index.ts');
const std = () => import('./drivers/std/index.ts');
const network = () => import('./drivers/network/index.ts');

/** The kinds of driver that come with jumplead: each by our name and the Python class paths that it answers to. */
export const DRIVER_TYPES: readonly KnownDriverType[] = [
  known(
    'dbus-network',
    'jumpstarter_driver_network.driver.DbusNetwork',
    async () => (await network()).dbusNetworkType,
  ),
  known(
    'echo-network',
    'jumpstarter_driver_network.driver.EchoNetwork',
    async () => (await std()).echoNetworkType,
  ),
  known('group', 'jumpstarter_driver_composite.driver.Composite', async () => (await std()).groupType),
  known(
    'http-power',
    'jumpstarter_driver_http_power.driver.HttpPower',
    async () => (await import('./drivers/power/index.ts')).httpPowerType,
  ),
  known(
    'http-server',
    'jumpstarter_driver_http.driver.HttpServer',
    async () => (await files()).httpServerType,
  ),
  known(
    'mock-flasher',
    'jumpstarter_driver_opendal.driver.MockFlasher',
    async () => (await mock()).mockFlasherType,
  ),
  known(
    'mock-power',
    ['jumpstarter_driver_power.driver.MockPower', 'jumpstarter_driver_power.driver.SyncMockPower'],
    async () => (await mock()).mockPowerType,
  ),
  known(
    'mock-storage-mux',
    'jumpstarter_driver_opendal.driver.MockStorageMux',
    async () => (await mock()).mockStorageMuxType,
  ),
  known(
    'mock-storage-mux-flasher',
    'jumpstarter_driver_opendal.driver.MockStorageMuxFlasher',
    async () => (await mock()).mockStorageMuxFlasherType,
  ),
  known('opendal', 'jumpstarter_driver_opendal.driver.Opendal', async () => (await std()).opendalType),
  known(
    'qemu',
    'jumpstarter_driver_qemu.driver.Qemu',
    async () => (await import('./drivers/qemu/index.ts')).qemuType,
  ),
  known(
    'serial-port',
    'jumpstarter_driver_pyserial.driver.PySerial',
    async () => (await import('./drivers/serial/index.ts')).serialPortType,
  ),
  known(
    'shell',
    'jumpstarter_driver_shell.driver.Shell',
    async () => (await import('./drivers/shell/index.ts')).shellType,
  ),
  known('ssh-wrapper', 'jumpstarter_driver_ssh.driver.SSHWrapper', async () => (await std()).sshWrapperType),
  known(
    'tcp-network',
    'jumpstarter_driver_network.driver.TcpNetwork',
    async () => (await std()).tcpNetworkType,
  ),
  known('tftp-server', 'jumpstarter_driver_tftp.driver.Tftp', async () => (await files()).tftpServerType),
  known(
    'udp-network',
    'jumpstarter_driver_network.driver.UdpNetwork',
    async () => (await network()).udpNetworkType,
  ),
  known(
    'unix-network',
    'jumpstarter_driver_network.driver.UnixNetwork',
    async () => (await std()).unixNetworkType,
  ),
  known('vnc', 'jumpstarter_driver_vnc.driver.Vnc', async () => (await std()).vncType),
  known(
    'vsock-network',
    'jumpstarter_driver_network.driver.VsockNetwork',
    async () => (await network()).vsockNetworkType,
  ),
  known(
    'websocket-network',
    'jumpstarter_driver_network.driver.WebsocketNetwork',
    async () => (await network()).websocketNetworkType,
  ),
];
