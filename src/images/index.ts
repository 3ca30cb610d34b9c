export { type ArchFacts, arches, checkArch, IMAGE_ARCHES, type ImageArch } from './arches.ts';
export { type BuildImageOptions, buildImage, IMAGE_NAMES } from './build-image.ts';
export { type BuildTinyGuestOptions, buildTinyGuest, type TinyGuest } from './build-tiny.ts';
export {
  type CachedFile,
  type CachedImage,
  type CacheOptions,
  findImage,
  listImages,
  removeImage,
} from './cache.ts';
export {
  type BuildHost,
  checkImageTools,
  type ImageTool,
  imageTools,
  missingImageTools,
} from './tools.ts';
