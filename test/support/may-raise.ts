import { spawnSync } from 'node:child_process';

/** Whether we may give a process more priority than we have: `nice` says so where it could not. */
export const MAY_RAISE = spawnSync('nice', ['-n', '-1', 'true']).stderr.length === 0;
