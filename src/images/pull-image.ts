import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  explainDiskFull,
  ImageError,
  isDutError,
  type OnProgress,
  requireSpace,
  UnreachableError,
} from '../core/index.ts';
import { type Download, downloadText, findDigests, openDownload, redactUrl } from '../download/index.ts';
import { arches, IMAGE_ARCHES } from './arches.ts';
import { type CacheOptions, listPulled, type PulledFacts, type PulledImage, pulledDir } from './cache.ts';
import { describeFile } from './digest.ts';
import { takeTurn } from './kept.ts';
import { createPhases } from './phases.ts';
import { type ExpectedDigest, type PullPlan, type PullRequest, planPull } from './plan-pull.ts';
import { thisHost } from './tools.ts';

/** Which image, where it is kept, and who wants to know how far it is. */
export interface PullImageOptions extends PullRequest, CacheOptions {
  /** Phases: `checksums`, `download`, `check`. */
  readonly onProgress?: OnProgress | undefined;
  /** Looks at the file before it becomes an image; one that it throws for is not kept. */
  readonly inspect?: ((path: string, source: string, signal: AbortSignal) => Promise<void>) | undefined;
  /** Milliseconds before each new try of a connection that broke, as long as none brings a byte. */
  readonly waits?: readonly number[] | undefined;
}

/** The image, and whether it was there already. */
export interface Pull {
  readonly image: PulledImage;
  readonly known: boolean;
}

/**
 * Downloads a disk image: one of the catalogue by its name, any by its address. It is checked against the digest that its
 * publisher or the caller gives, and appears in the cache whole or not at all.
 *
 * One that is there already is not downloaded again: the checksum file, or for want of one the server, is asked whether it
 * is still the same. Two calls at once download once. What broke off in a connection is made good; see `docs/guide/images.md`.
 *
 * @throws NotFoundError or ConfigError for a name or option that is wrong; ImageError for what is not the image;
 * UnreachableError when it cannot be had; CapacityError when there is no room for it; the signal's reason. Nothing is left
 * behind then.
 */
export async function pullImage(options: PullImageOptions): Promise<Pull> {
  const { cache, waits, signal = new AbortController().signal } = options;
  const plan = planPull(options, hostArch());
  const phases = createPhases(options.onProgress);
  await using turn = await takeTurn(pulledDir(cache), subjectOf(plan), { signal });
  const digest = await explained(plan, askDigest(plan, phases.begin, { signal, waits }));
  const before = (await listPulled({ cache }))
    .filter((image) => isOf(plan, image))
    .toSorted((a, b) => b.pulled.getTime() - a.pulled.getTime());
  const same = digest && before.find((image) => image.digest?.value === digest.value);
  if (same) return { image: same, known: true };
  const [latest] = digest ? [] : before;
  const fetched = await fetchImage(plan, turn.out, { ...options, signal, digest, latest });
  if ('id' in fetched) return { image: fetched, known: true };

  phases.begin('check');
  const file = await describeFile(turn.out, plan.file, { signal });
  await options.inspect?.(join(turn.out, plan.file), fetched.source, signal);
  signal.throwIfAborted();
  const facts: z.infer<typeof PulledFacts> = {
    ...{ id: idOf(plan, digest?.value ?? file.sha256), name: plan.name, arch: plan.arch },
    ...{ ...fetched, digest, user: plan.user },
    files: [file],
    pulled: new Date(),
  };
  return { image: { kind: 'pulled', ...(await turn.settle(facts)) }, known: false };
}

interface FetchOptions extends PullImageOptions {
  readonly signal: AbortSignal;
  readonly digest: PulledImage['digest'];
  /** What was at the address when it was pulled last. */
  readonly latest: PulledImage | undefined;
}

/** Writes the file of an image into `folder`, and tells where it is from; or returns the one that is there, if it is still the same. */
async function fetchImage(
  plan: PullPlan,
  folder: string,
  { digest, latest, signal, waits, onProgress }: FetchOptions,
): Promise<Pick<PulledImage, 'source' | 'validator'> | PulledImage> {
  const expected = digest ? { [digest.algorithm]: digest.value } : {};
  const unless = latest?.validator ?? undefined;
  const opening = openDownload(plan.url, { signal, expected, onProgress, waits, unless });
  await using download = await explained(plan, opening);
  if (latest && download.isUnchanged) return latest;
  await requireSpace(folder, download.size ?? 0, download.source);
  await explained(plan, writeAll(download, join(folder, plan.file))).catch(async (error) => {
    throw (await replacedMeanwhile(plan, digest, error, { signal, waits })) ?? error;
  });
  return { source: download.source, validator: download.validator ?? null };
}

type Ways = Pick<PullImageOptions, 'waits'> & { readonly signal: AbortSignal };

/** What the file must be: as the caller or the checksum file says; `null`: nobody does. */
async function askDigest(
  plan: PullPlan,
  begin: (phase: string) => void,
  ways: Ways,
): Promise<PulledImage['digest']> {
  const { expected, checksums, file } = plan;
  if (expected) return { ...expected, from: null };
  if (checksums === null) return null;
  begin('checksums');
  const source = redactUrl(checksums);
  const { sha256, sha512 } = findDigests(await downloadText(checksums, ways), file, source);
  const known: ExpectedDigest | undefined = sha512
    ? { algorithm: 'sha512', value: sha512 }
    : sha256
      ? { algorithm: 'sha256', value: sha256 }
      : undefined;
  return known ? { ...known, from: source } : null;
}

/** Publishers renew an image in its place, at any moment. The error that says so, if that is what happened. */
async function replacedMeanwhile(
  plan: PullPlan,
  digest: PulledImage['digest'],
  cause: unknown,
  ways: Ways,
): Promise<ImageError | undefined> {
  if (!digest?.from || !isDutError(cause) || cause.code !== 'image') return undefined;
  const now = await askDigest(plan, () => undefined, ways).catch(() => null);
  if (!now || now.value === digest.value) return undefined;
  const source = redactUrl(plan.url);
  const reason = 'its publisher has put another in its place while it was downloaded: pull it again';
  return new ImageError(`${source}: ${reason}`, { reason, source }, { operation: 'images pull', cause });
}

async function writeAll({ chunks, size, source }: Download, path: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  let written = 0;
  for await (const chunk of chunks) {
    await file.appendFile(chunk).catch(async (error) => {
      throw await explainDiskFull(error, join(path, '..'), size ?? written + chunk.length, source);
    });
    written += chunk.length;
  }
  await file.sync();
}

/** Says what else there is to do where a publisher cannot be reached. */
async function explained<T>(plan: PullPlan, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isDutError(error) || error.code !== 'unreachable') throw error;
    const variable = plan.url.startsWith('https:') ? 'https_proxy' : 'http_proxy';
    const isSet = process.env[variable] || process.env[variable.toUpperCase()];
    const ways = [
      isSet
        ? `${variable} is set: it was asked for through that proxy, unless no_proxy names the host`
        : `${variable} names the proxy, if there is one between here and there`,
    ];
    if (plan.mirrorVariable !== null)
      ways.push(`--mirror, or ${plan.mirrorVariable} for all pulls, names a copy of the publisher's site`);
    const target = redactUrl(plan.url);
    throw new UnreachableError([error.message, ...ways].join('\n'), { target }, { cause: error });
  }
}

/** Who pulls the same at the same time waits for the one who came first. */
function subjectOf({ name, arch, url, mirrorVariable }: PullPlan): string {
  const address = mirrorVariable === null ? createHash('sha256').update(url).digest('hex').slice(0, 12) : '';
  return [name, arch, address].filter(Boolean).join('-');
}

const idOf = ({ name, arch }: PullPlan, digest: string) =>
  [name, arch, digest.slice(0, 12)].filter((part) => part !== null).join('-');

/** Whether an image is what was asked for, of whatever day. */
const isOf = (plan: PullPlan, image: PulledImage) =>
  image.name === plan.name &&
  image.arch === plan.arch &&
  (plan.mirrorVariable !== null || image.source === redactUrl(plan.url));

const hostArch = () => IMAGE_ARCHES.find((arch) => arches[arch].node === thisHost().arch) ?? thisHost().arch;
