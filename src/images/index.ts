export { type ArchFacts, arches, checkArch, IMAGE_ARCHES, type ImageArch } from './arches.ts';
export { type BuildImageOptions, buildImage, IMAGE_NAMES, type ImageName } from './build-image.ts';
export { type CachedFile, type CachedImage, type CacheOptions, findImage, listImages, removeImage } from './cache.ts';
export { type BuildHost, checkImageTools, type ImageTool, imageTools } from './tools.ts';
