import type { Bench } from '../row.ts';
import { boot } from './boot.ts';
import { call } from './call.ts';
import { doctor } from './doctor.ts';
import { echo } from './echo.ts';
import { endings } from './endings.ts';
import { help } from './help.ts';
import { localFlash } from './local-flash.ts';
import { memory } from './memory.ts';
import { powerOn } from './power-on.ts';
import { streamingCall } from './streaming-call.ts';
import { upload } from './upload.ts';

/** Everything that is measured, in the order of the table. */
export const BENCHES: readonly Bench[] = [
  call,
  streamingCall,
  echo,
  upload,
  localFlash,
  help,
  memory,
  powerOn,
  endings,
  doctor,
  boot,
];
