import { isDutError, LaunchError, type OnProgress } from '../../core/index.ts';
import { buildImage, FALLBACK_IMAGE } from '../../images/index.ts';
import { type ImageSearch, keptOrPulled } from '../kept-or-pulled.ts';
import type { DemoPlan } from './plan.ts';

/** What a demo is shown with. */
export interface DemoImage {
  /** A path or URL. */
  readonly image: string;
  /** Why it is not our own; `null`: it is. */
  readonly instead: string | null;
}

/**
 * The image that was asked for, else our own, which is built when it is missing; where that is not possible here, a public one
 * that is like it.
 *
 * @throws LaunchError when there is neither; as `buildImage` when the building itself fails.
 */
export async function findDemoImage(plan: DemoPlan, options: Omit<ImageSearch, 'arch'>): Promise<DemoImage> {
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
    return await findStandIn(error, { ...options, arch: plan.arch });
  }
}

async function findStandIn(reason: LaunchError, search: ImageSearch): Promise<DemoImage> {
  const [why = ''] = reason.message.split('\n');
  const instead = `${FALLBACK_IMAGE}, as debian-12 cannot be built here (${why})`;
  try {
    return { image: await keptOrPulled(FALLBACK_IMAGE, search), instead };
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
