import type { AnyRow } from './row.ts';
import { admission } from './rows/admission.ts';
import { bulk } from './rows/bulk.ts';
import { composite } from './rows/composite.ts';
import { dbus } from './rows/dbus.ts';
import { device } from './rows/device.ts';
import { echo } from './rows/echo.ts';
import { errors } from './rows/errors.ts';
import { flasher } from './rows/flasher.ts';
import { httpPowerRow } from './rows/http-power.ts';
import { httpServerRow } from './rows/http-server.ts';
import { idle } from './rows/idle.ts';
import { loss } from './rows/loss.ts';
import { power } from './rows/power.ts';
import { proxyRow } from './rows/proxy.ts';
import { qemu } from './rows/qemu.ts';
import { rfc2217 } from './rows/rfc2217.ts';
import { serial } from './rows/serial.ts';
import { shellRow } from './rows/shell.ts';
import { ssh } from './rows/ssh.ts';
import { storage } from './rows/storage.ts';
import { storageMux } from './rows/storage-mux.ts';
import { tcp } from './rows/tcp.ts';
import { tftpServerRow } from './rows/tftp-server.ts';
import { udp } from './rows/udp.ts';
import { unix } from './rows/unix.ts';
import { values } from './rows/values.ts';
import { vnc } from './rows/vnc.ts';
import { vsock } from './rows/vsock.ts';
import { websocket } from './rows/websocket.ts';

/** All rows of the matrix, in the order of the table. */
export const ROWS: readonly AnyRow[] = [
  power,
  httpPowerRow,
  tcp,
  unix,
  echo,
  udp,
  websocket,
  dbus,
  vsock,
  serial,
  device,
  rfc2217,
  flasher,
  storageMux,
  storage,
  composite,
  proxyRow,
  vnc,
  ssh,
  shellRow,
  httpServerRow,
  tftpServerRow,
  qemu,
  values,
  errors,
  admission,
  bulk,
  idle,
  loss,
];
