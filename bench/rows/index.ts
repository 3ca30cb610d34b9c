import type { Bench } from '../row.ts';
import { call } from './call.ts';
import { echo } from './echo.ts';
import { help } from './help.ts';
import { memory } from './memory.ts';
import { streamingCall } from './streaming-call.ts';
import { upload } from './upload.ts';

/** Everything that is measured, in the order of the table. */
export const BENCHES: readonly Bench[] = [call, streamingCall, echo, upload, help, memory];
