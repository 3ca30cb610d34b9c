import { formatSize, parseSize } from '../../core/index.ts';
import { type Facts, type FolderFacts, isUnknown } from './facts.ts';
import { error, type Finding, judgeKnown, NOT_KNOWN, ok, warning } from './finding.ts';
import { asRoot } from './judge-host.ts';

/** The memory of a machine that asks for nothing else. */
const MACHINE_MEMORY = parseSize('1GiB');
/** Below this, the next image may not find room. */
const ROOM_FOR_IMAGES = parseSize('8GiB');

export function judgeMemory({ memory: { total, available } }: Facts): Finding {
  const summary = `${formatSize(available)} available of ${formatSize(total)}`;
  if (available >= MACHINE_MEMORY) return ok('memory', summary);
  return warning('memory', summary, {
    notes: [`a machine has ${formatSize(MACHINE_MEMORY)} unless it asks for less`],
  });
}

/** The folders that machines write to. Not to have one of them, or no room for memory anywhere, is in their way. */
export function judgeFolders(facts: Facts): Finding[] {
  const { folders, system } = facts;
  if (isUnknown(folders)) return [warning('disk', `${NOT_KNOWN}: ${folders.unknown}`)];
  const { cache, state, shm } = folders;
  return [
    judgeFolder('disk.cache', cache, 'JUMPLEAD_CACHE', facts),
    judgeFolder('disk.state', state, 'XDG_STATE_HOME', facts),
    ...(shm ? [judgeShm(shm, state, system)] : []),
  ];
}

function judgeFolder(
  check: string,
  { path, free, writable }: FolderFacts,
  variable: string,
  { system }: Facts,
): Finding {
  const summary = `${formatSize(free)} free in ${path}`;
  const elsewhere = `${variable} names another folder`;
  if (!writable) {
    const fix = system.root ? [] : [`sudo install -d -o "$USER" -m 700 ${path}`];
    return error(check, `${path} may not be written to`, { fix, notes: [elsewhere] });
  }
  if (free >= ROOM_FOR_IMAGES) return ok(check, summary);
  return warning(check, summary, { notes: [`images take gigabytes; ${elsewhere}`] });
}

/** A machine's memory is a file here, else in the state folder. */
function judgeShm(shm: FolderFacts, state: FolderFacts, system: Facts['system']): Finding {
  const check = 'disk.shm';
  const summary = `${formatSize(shm.free)} free in ${shm.path}`;
  if (shm.writable && shm.free >= MACHINE_MEMORY) return ok(check, summary);
  const fix = system.container ? [] : [asRoot(`mount -o remount,size=50% ${shm.path}`, system)];
  const notes = system.container ? ['start the container with --shm-size 4g, or more'] : [];
  if (state.free < MACHINE_MEMORY)
    return error(check, `${summary}, and no room in ${state.path}: a machine's memory fits nowhere`, {
      fix,
      notes,
    });
  return warning(check, `${summary}: the memory of machines goes to ${state.path}, which is slower`, {
    fix,
    notes,
  });
}

export function judgeCache({ cacheSize, folders }: Facts): Finding {
  const where = isUnknown(folders) ? '' : ` in ${folders.cache.path}`;
  return judgeKnown('cache', cacheSize, ({ bytes }) => ok('cache', `${formatSize(bytes)}${where}`));
}

/** What is cleared away with the images; all else the next process of its kind clears away. */
const OF_IMAGES = /^(?:image|firmware)/;

export function judgeLeftovers({ leftovers }: Facts): Finding {
  return judgeKnown('leftovers', leftovers, (found) => {
    if (found.length === 0) return ok('leftovers', 'none');
    const ofImages = found.some(({ kind }) => OF_IMAGES.test(kind));
    const ofMachines = found.some(({ kind }) => !OF_IMAGES.test(kind));
    return warning('leftovers', `${found.length} from processes that were killed`, {
      notes: [
        ...found.map(({ kind, path }) => `${kind}: ${path}`),
        ...(ofMachines ? ['those of machines and sessions go with the next one that is opened'] : []),
      ],
      fix: ofImages ? ['jumplead images gc'] : [],
    });
  });
}
