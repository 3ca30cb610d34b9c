/**
 * For the Python classes that stock exporters announce, the id of the interface that has all that their drivers may have.
 * Nothing is ever imported by such a name.
 */
export const STOCK_INTERFACES: Readonly<Record<string, string>> = {
  'jumpstarter.client.flasher.FlasherClient': 'flasher.v1',
  'jumpstarter_driver_composite.client.CompositeClient': 'composite.v1',
  'jumpstarter_driver_http.client.HttpServerClient': 'http-server.v1',
  'jumpstarter_driver_network.client.DbusNetworkClient': 'network.v1',
  'jumpstarter_driver_network.client.NetworkClient': 'tcp-network.v1',
  'jumpstarter_driver_opendal.client.FlasherClient': 'flasher.v1',
  'jumpstarter_driver_opendal.client.OpendalClient': 'storage.v1',
  'jumpstarter_driver_opendal.client.StorageMuxClient': 'storage-mux.v1',
  'jumpstarter_driver_opendal.client.StorageMuxFlasherClient': 'storage-mux-flasher.v1',
  'jumpstarter_driver_power.client.PowerClient': 'metered-power.v1',
  'jumpstarter_driver_power.client.VirtualPowerClient': 'virtual-power.v1',
  'jumpstarter_driver_pyserial.client.PySerialClient': 'serial.v1',
  'jumpstarter_driver_qemu.client.QemuClient': 'machine.v1',
  'jumpstarter_driver_qemu.client.QemuFlasherClient': 'image-flasher.v1',
  'jumpstarter_driver_shell.client.ShellClient': 'shell.v1',
  'jumpstarter_driver_ssh.client.SSHWrapperClient': 'ssh-wrapper.v1',
  'jumpstarter_driver_tftp.client.TftpServerClient': 'tftp-server.v1',
  'jumpstarter_driver_vnc.client.VNClient': 'vnc.v1',
};
