import { basename } from 'node:path';
import { DESCRIPTORS } from './descriptors.ts';

const MEMORY = new RegExp(`mem-path=/(?:proc/self|dev)/fd/${DESCRIPTORS.memory}\\b`);

/**
 * The same machine as somebody starts it by hand, on his terminal: as himself, running at once, with nothing inherited. Its
 * control and the port of its agent lead nowhere.
 */
export function byHand(command: readonly string[]): string[] {
  const own = basename(command[0] ?? '') === 'setpriv' ? command.slice(command.indexOf('--') + 1) : command;
  return own
    .filter((word) => word !== '-S')
    .map((word) => word.replace(/^socket,id=(\w+),fd=\d+$/, 'null,id=$1').replace(MEMORY, 'mem-path=/tmp'));
}
