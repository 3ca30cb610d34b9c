import { isDutError, LaunchError, type OnProgress } from '../../core/index.ts';
import { inspectImage } from '../../drivers/qemu/index.ts';
import { buildImage, FALLBACK_IMAGE, findImage, pullImage } from '../../images/index.ts';
import type { DemoPlan } from './plan.ts';

/** What a demo is shown with. */
export interface DemoImage {
  /** A path or URL. */
  readonly image: string;
  /** Why it is not our own; `null`: it is. */
  readonly instead: string | null;
}

/** What finding it may take. */
export interface FindImageOptions {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * The image that was asked for, else our own, which is built when it is missing; where that is not possible here, a public one
 * that is like it.
 *
 * @throws LaunchError when there is neither; as `buildImage` when the building itself fails.
 */
export async function findDemoImage(plan: DemoPlan, options: FindImageOptions): Promise<DemoImage> {
  if (plan.image !== undefined) return { image: plan.image, instead: 'as asked for' };
  let phase = '';
  const onProgress: OnProgress = (progress) => {
    phase = progress.phase;
    options.onProgress(progress);
  };
  try {
    const image = await buildImage({
      name: 'debian-12',
      arch: plan.arch,
      signal: options.signal,
      onProgress,
    });
    return { image, instead: null };
  } catch (error) {
    // What fails later is no question of this host: it is told as it is.
    if (!(error instanceof LaunchError) || phase !== 'check') throw error;
    return await findStandIn(plan, error, options);
  }
}

async function findStandIn(
  { arch }: DemoPlan,
  reason: LaunchError,
  { signal, onProgress }: FindImageOptions,
): Promise<DemoImage> {
  const [why = ''] = reason.message.split('\n');
  const instead = `${FALLBACK_IMAGE}, as debian-12 cannot be built here (${why})`;
  const kept = await findImage(FALLBACK_IMAGE, arch, { signal });
  if (kept) return { image: kept.file, instead };
  try {
    const pulled = await pullImage({
      ...{ image: FALLBACK_IMAGE, arch, signal, onProgress },
      inspect: inspectImage,
    });
    return { image: pulled.image.file, instead };
  } catch (error) {
    if (!isDutError(error)) throw error;
    const { command, exitCode, stderr, hint } = reason;
    const message = [
      `there is no image for the demo: ${FALLBACK_IMAGE}, which stands in for debian-12, cannot be pulled either`,
      error.message,
      reason.message,
      'or name one: --image PATH or URL',
    ];
    throw new LaunchError(
      message.join('\n'),
      { command, exitCode, signal: reason.signal, stderr, ...(hint && { hint }) },
      { cause: error },
    );
  }
}
