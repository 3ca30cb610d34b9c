export { type ArchFacts, arches, checkArch, IMAGE_ARCHES, type ImageArch } from './arches.ts';
export { type BuildImageOptions, buildImage, IMAGE_NAMES } from './build-image.ts';
export { type BuildTinyGuestOptions, buildTinyGuest, type TinyGuest } from './build-tiny.ts';
export {
  type BuiltImage,
  type CachedImage,
  type CacheOptions,
  findImage,
  listImages,
  listLeftovers,
  type PulledImage,
  removeImage,
  sweepImages,
} from './cache.ts';
export { CATALOGUE, type CatalogueEntry, FALLBACK_IMAGE } from './catalogue.ts';
export { describeFile } from './digest.ts';
export { collectImages, type GcOptions, sizeOnDisk, type Waste } from './gc.ts';
export type { CachedFile } from './kept.ts';
export type { ExpectedDigest, PullRequest } from './plan-pull.ts';
export { type Pull, type PullImageOptions, pullImage } from './pull-image.ts';
export {
  type BuildHost,
  checkImageTools,
  type ImageTool,
  imageTools,
  missingImageTools,
} from './tools.ts';
export { type ImageVerdict, type VerifyOptions, verifyImages } from './verify.ts';
