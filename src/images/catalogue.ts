import { NotFoundError, nearestSpelling } from '../core/index.ts';
import { arches, type ImageArch } from './arches.ts';
import { IMAGE_NAMES } from './build-image.ts';

/** Who publishes images, where, and the variable that names a mirror of that place. */
interface Publisher {
  readonly site: string;
  /** Where checksum files are taken from: the publisher's own server, also when images come from a mirror of its choice. */
  readonly checksumSite: string;
  readonly mirrorVariable: string;
}

const PUBLISHERS = {
  fedora: {
    // It redirects to a mirror nearby, which may be anybody's; the checksums come from the master.
    site: 'https://download.fedoraproject.org/pub/fedora/linux',
    checksumSite: 'https://dl.fedoraproject.org/pub/fedora/linux',
    mirrorVariable: 'JUMPLEAD_MIRROR_FEDORA',
  },
  debian: {
    site: 'https://cloud.debian.org/images/cloud',
    checksumSite: 'https://cloud.debian.org/images/cloud',
    mirrorVariable: 'JUMPLEAD_MIRROR_DEBIAN',
  },
  ubuntu: {
    site: 'https://cloud-images.ubuntu.com/releases',
    checksumSite: 'https://cloud-images.ubuntu.com/releases',
    mirrorVariable: 'JUMPLEAD_MIRROR_UBUNTU',
  },
} as const satisfies Record<string, Publisher>;

type PublisherName = keyof typeof PUBLISHERS;

/** A public cloud image: what it is, and where its publisher has it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  readonly publisher: PublisherName;
  /** The user that it makes by itself. A machine of ours makes its own instead. */
  readonly user: string;
  /** Below the publisher's site; `{arch}` and `{debian}` stand for the architecture as QEMU and as Debian call it. */
  readonly path: string;
  /** The file with its checksum, likewise. */
  readonly checksums: string;
  /** MiB to download, about: publishers renew their images. */
  readonly size: number;
  readonly note?: string;
}

const debian = (release: number, codename: string, variant: string) => ({
  name: `debian-${release}-${variant}`,
  title: `Debian ${release} (${codename}), ${variant}`,
  publisher: 'debian' as const,
  user: 'debian',
  path: `${codename}/latest/debian-${release}-${variant}-{debian}.qcow2`,
  checksums: `${codename}/latest/SHA512SUMS`,
});

const ubuntu = (release: string, codename: string) => ({
  name: `ubuntu-${release}`,
  title: `Ubuntu ${release} LTS (${codename})`,
  publisher: 'ubuntu' as const,
  user: 'ubuntu',
  path: `${release}/release/ubuntu-${release}-server-cloudimg-{debian}.img`,
  checksums: `${release}/release/SHA256SUMS`,
});

const fedora = (release: number, compose: string) => ({
  name: `fedora-${release}`,
  title: `Fedora ${release} Cloud Base Generic`,
  publisher: 'fedora' as const,
  user: 'fedora',
  path: `releases/${release}/Cloud/{arch}/images/Fedora-Cloud-Base-Generic-${compose}.{arch}.qcow2`,
  checksums: `releases/${release}/Cloud/{arch}/images/Fedora-Cloud-${compose}-{arch}-CHECKSUM`,
});

const NO_PICTURE = 'no graphics driver: no picture once the firmware is done';

/** The public images that can be pulled by name. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  { ...fedora(44, '44-1.7'), size: 560, note: 'SELinux enforces' },
  { ...fedora(43, '43-1.6'), size: 560, note: 'SELinux enforces' },
  { ...debian(13, 'trixie', 'generic'), size: 420 },
  { ...debian(13, 'trixie', 'genericcloud'), size: 330, note: NO_PICTURE },
  { ...debian(12, 'bookworm', 'generic'), size: 430 },
  { ...debian(12, 'bookworm', 'genericcloud'), size: 340, note: NO_PICTURE },
  { ...ubuntu('26.04', 'resolute'), size: 650 },
  { ...ubuntu('24.04', 'noble'), size: 600 },
];

/** The one that stands in for our own image where that cannot be built: like it, SELinux enforces in it. */
export const FALLBACK_IMAGE = 'fedora-44';

/** Where an image of the catalogue is to be had. */
export interface ImagePlace {
  readonly url: string;
  readonly checksums: string;
  /** The variable that names a mirror of the publisher's site. */
  readonly mirrorVariable: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The entry of that name.
 *
 * @throws NotFoundError that names those there are, the likely one first.
 */
export function findInCatalogue(name: string): CatalogueEntry {
  const entry = CATALOGUE.find((known) => known.name === name);
  if (entry) return entry;
  const known = CATALOGUE.map((image) => image.name);
  const message = `no image ${JSON.stringify(name)} in the catalogue${suggestion(name, known)}`;
  throw new NotFoundError(`${message}\nthere are: ${known.join(', ')}`, {
    what: 'image',
    missing: name,
    known,
  });
}

function suggestion(name: string, known: readonly string[]): string {
  if (IMAGE_NAMES.some((built) => built === name))
    return `: it is built here, by jumplead images build ${name}`;
  const longer = known.filter((other) => name !== '' && other.startsWith(name));
  const meant = longer.length > 0 ? longer : [nearestSpelling(name, known)];
  const likely = meant.filter((other) => other !== undefined);
  return likely.length > 0 ? `; did you mean ${likely.join(' or ')}?` : '';
}

/** Where `entry` is to be had for `arch`: at its publisher's, or all of it at `mirror`, which is like the publisher's site. */
export function placeOf(
  entry: CatalogueEntry,
  arch: ImageArch,
  options: { mirror?: string | undefined; env?: Env } = {},
): ImagePlace {
  const { site, checksumSite, mirrorVariable } = PUBLISHERS[entry.publisher];
  const mirror = options.mirror ?? (options.env ?? process.env)[mirrorVariable];
  const fill = (template: string) =>
    template.replaceAll('{arch}', arch).replaceAll('{debian}', arches[arch].debian);
  const at = (base: string, path: string) => `${base.replace(/\/+$/, '')}/${fill(path)}`;
  return {
    url: at(mirror || site, entry.path),
    checksums: at(mirror || checksumSite, entry.checksums),
    mirrorVariable,
  };
}
