import { basename } from 'node:path/posix';
import { ConfigError } from '../core/index.ts';
import { checkArch, IMAGE_ARCHES, type ImageArch } from './arches.ts';
import { IMAGE_NAMES } from './build-image.ts';
import { CATALOGUE, findInCatalogue, placeOf } from './catalogue.ts';
import { FACTS } from './kept.ts';

/** A digest that a file must have. */
export interface ExpectedDigest {
  readonly algorithm: 'sha256' | 'sha512';
  /** Lower-case hex digits. */
  readonly value: string;
}

/** Which image is to be downloaded, and how it is known to be the right one. */
export interface PullRequest {
  /** The name of one in the catalogue, or the address of any. */
  readonly image: string;
  /** One of `IMAGE_ARCHES`. Of an image by its address it is only a label, and may be left out. */
  readonly arch?: string | undefined;
  /** What an image by its address is to be called; else as its file. */
  readonly name?: string | undefined;
  /** Where there is a copy of the publisher's site. */
  readonly mirror?: string | undefined;
  /** The digest of an image by its address. */
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
  /** The address of the file that has its digest. */
  readonly checksums?: string | undefined;
}

/** A pull with every default filled in. */
export interface PullPlan {
  readonly name: string;
  readonly arch: ImageArch | null;
  readonly url: string;
  /** What the file is called: at its publisher, in the checksum file, and in the cache. */
  readonly file: string;
  /** Known beforehand. */
  readonly expected: ExpectedDigest | null;
  /** The address of the file that says what to expect. */
  readonly checksums: string | null;
  /** The user that the image makes by itself, where that is known. */
  readonly user: string | null;
  /** The variable that names a mirror of the publisher; `null`: it is not of the catalogue. */
  readonly mirrorVariable: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Plans a download.
 *
 * @param hostArch The architecture of an image of the catalogue when none is named.
 * @throws NotFoundError for a name that is not in the catalogue; ConfigError for everything else that is wrong.
 */
export function planPull(request: PullRequest, hostArch: string, env: Env = process.env): PullPlan {
  return isAddress(request.image) ? planAddress(request) : planEntry(request, hostArch, env);
}

const isAddress = (image: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(image);

function planEntry(request: PullRequest, hostArch: string, env: Env): PullPlan {
  const entry = findInCatalogue(request.image);
  for (const field of ['name', 'sha256', 'sha512', 'checksums'] as const) {
    if (request[field] !== undefined)
      throw invalid(field, request[field], 'it is for images by their address: the catalogue knows it');
  }
  const arch = checkArch(request.arch ?? hostArch);
  if (request.mirror !== undefined) parseAddress('mirror', request.mirror);
  const { url, checksums, mirrorVariable } = placeOf(entry, arch, { mirror: request.mirror, env });
  const { name, user } = entry;
  return { name, arch, url, file: fileOf(new URL(url)), expected: null, checksums, user, mirrorVariable };
}

function planAddress(request: PullRequest): PullPlan {
  const url = parseAddress('image', request.image);
  if (request.mirror !== undefined)
    throw invalid('mirror', request.mirror, 'it is for images of the catalogue: name the address itself');
  const given = [request.sha256, request.sha512, request.checksums].filter((one) => one !== undefined);
  if (given.length > 1) throw invalid('sha256', given[0], 'one of sha256, sha512 and checksums is enough');
  const file = fileOf(url);
  const name = request.name ?? file.replace(/(?:\.(?:qcow2|img|raw|gz|xz|bz2|zst))+$/i, '');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw invalid('name', name, 'letters, digits, dots, dashes and underscores, and no dot or dash in front');
  const taken = [...IMAGE_NAMES, ...CATALOGUE.map((entry) => entry.name)];
  if (taken.includes(name))
    throw invalid(
      'name',
      name,
      'another image is called so that can be built or pulled: choose another name',
    );
  return {
    name,
    arch: request.arch === undefined ? guessArch(file) : checkArch(request.arch),
    url: request.image,
    file,
    expected:
      request.sha512 === undefined ? digest('sha256', request.sha256) : digest('sha512', request.sha512),
    checksums: request.checksums === undefined ? null : parseAddress('checksums', request.checksums).href,
    user: null,
    mirrorVariable: null,
  };
}

const DIGITS = { sha256: 64, sha512: 128 } as const;

function digest(algorithm: keyof typeof DIGITS, text: string | undefined): ExpectedDigest | null {
  if (text === undefined) return null;
  const value = text.trim().toLowerCase();
  if (value.length === DIGITS[algorithm] && /^[0-9a-f]+$/.test(value)) return { algorithm, value };
  throw invalid(algorithm, text, `${DIGITS[algorithm]} hex digits`);
}

function parseAddress(field: string, text: string): URL {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url;
  // What may be secret in an address is in no message.
  const shown = url ? `${url.protocol}//${url.host}${url.pathname}` : text;
  throw invalid(field, shown, 'an address that begins with https:// or http://');
}

/** The last part of an address, as a name for a file of ours. */
function fileOf(url: URL): string {
  const last = basename(url.pathname).replaceAll(/%[0-9a-f]{2}|[^A-Za-z0-9._+~-]/gi, '_');
  const name = last.replace(/^[.-]+/, '');
  return name === '' || name === FACTS ? 'image' : name;
}

/** Files are often called after their architecture, by one name of it or the other. */
function guessArch(file: string): ImageArch | null {
  const other = { x86_64: 'amd64', aarch64: 'arm64' } as const;
  const said = IMAGE_ARCHES.filter((arch) => file.includes(arch) || file.includes(other[arch]));
  return said.length === 1 ? (said[0] ?? null) : null;
}

function invalid(path: string, value: unknown, allowed: string): ConfigError {
  const message = `got ${JSON.stringify(value)}; ${allowed}`;
  return new ConfigError(
    `${path}: ${message}`,
    { issues: [{ path, message }] },
    { operation: 'images pull' },
  );
}
