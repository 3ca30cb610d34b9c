export { fileNameOf, type HttpHeaders, redactUrl } from './address.ts';
export { type Checksum, findDigests, parseChecksums } from './checksums.ts';
export { type Digests, verified, wrongDigest } from './digests.ts';
export { type Download, type DownloadOptions, downloadText, openDownload } from './open-download.ts';
export { upload } from './upload.ts';
export type { Validator } from './validator.ts';
