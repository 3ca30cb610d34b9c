import type { Arch } from '../../drivers/qemu/index.ts';
import { FALLBACK_IMAGE } from '../../images/index.ts';
import { packageFor } from '../packages/install.js';
import { MACHINE_NEEDS, type Need, type NeedId } from '../packages/needs.js';
import type { Facts, MissingTool, SystemFacts } from './facts.ts';
import { adviseInstall, type Finding, judgeKnown, lack, ok, warning } from './finding.ts';

/** What machines of every architecture use, and whether none can be run without it. */
const PROGRAMS = {
  'qemu-img': true,
  iso: true,
  setpriv: false,
  'boot-rom': false,
  xz: false,
  bzip2: false,
} as const satisfies Partial<Record<NeedId, boolean>>;

/** The programs beside QEMU, and ssh. What a system does without is passed over. */
export function judgePrograms(facts: Facts): Finding[] {
  const ids = Object.keys(PROGRAMS) as (keyof typeof PROGRAMS)[]; // SAFE: the keys of the table above
  const wanted = ids.filter((id) => isWanted(MACHINE_NEEDS[id], facts.system));
  return [...wanted.map((id) => judgeProgram(id, facts)), judgeSsh(facts)];
}

const isWanted = (need: Need, { packageManager, ubuntu }: SystemFacts) =>
  packageFor(need, { manager: packageManager ?? undefined, ubuntu }) !== undefined;

function judgeProgram(id: keyof typeof PROGRAMS, { needs, system }: Facts): Finding {
  const { why, anyOf } = MACHINE_NEEDS[id];
  const required = PROGRAMS[id];
  return judgeKnown(
    id,
    needs,
    ({ [id]: path }) => {
      if (path !== null) return ok(id, path);
      const missing = `none of ${anyOf.join(', ')}`;
      const summary = `${anyOf.length === 1 ? `no ${anyOf[0]}` : missing} (for: ${why})`;
      return lack(required, id, summary, adviseInstall([MACHINE_NEEDS[id]], system));
    },
    required,
  );
}

function judgeSsh({ ssh, system }: Facts): Finding {
  return judgeKnown('ssh', ssh, ({ version }) => {
    if (version !== null) return ok('ssh', version);
    const advice = adviseInstall([MACHINE_NEEDS.ssh], system);
    const notes = ['jumplead itself does not need it', ...advice.notes];
    return warning('ssh', 'no ssh, to log in to machines by hand', { ...advice, notes });
  });
}

/** Whether the image `debian-12` of an architecture can be built. */
export function judgeImageTools(arch: Arch, { imageTools, system }: Facts): Finding {
  const check = `images.${arch}`;
  return judgeKnown(check, imageTools[arch], (missing) => {
    if (missing.length === 0) return ok(check, 'debian-12 can be built');
    const names = missing.map(({ program }) => program).join(', ');
    const summary = `debian-12 cannot be built: ${names} not found`;
    const advice = adviseInstall(missing.map(needOf), system);
    const notes = [...advice.notes, `jumplead demo pulls ${FALLBACK_IMAGE} instead`];
    return warning(check, summary, { ...advice, notes });
  });
}

/** Debian's package is what the two tables have in common; what only the tools' has is called the same everywhere. */
function needOf({ program, package: name }: MissingTool): Need {
  const known = Object.values(MACHINE_NEEDS).find(({ apt }) => apt === name);
  const same = { apt: name, dnf: name, pacman: name, brew: name };
  return { ...(known ?? same), why: 'building images', anyOf: [program] };
}
