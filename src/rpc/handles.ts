import { z } from 'zod';

/** Compressions of a resource on the wire. */
export const Encoding = z.enum(['gzip', 'xz', 'bz2', 'zstd']);

/** What a peer asks of `RouterService.Stream`, in the metadata `request`. */
export const StreamRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('driver'), uuid: z.string(), method: z.string() }),
  z.object({
    kind: z.literal('resource'),
    uuid: z.string(),
    /** An encoding that we do not know is answered as one that we cannot do. */
    x_jmp_content_encoding: z.string().nullish(),
  }),
]);
/** As the schema of the same name reads it. */
export type StreamRequest = z.output<typeof StreamRequest>;
/** A request of one of the two kinds. */
export type StreamRequestOf<K extends StreamRequest['kind']> = Extract<StreamRequest, { kind: K }>;

/** The bytes of a stream that the client has opened for this call. */
export const ClientStreamHandle = z.object({
  kind: z.literal('client_stream'),
  uuid: z.string(),
  x_jmp_content_encoding: Encoding.nullish(),
});
/** As the schema of the same name reads it. */
export type ClientStreamHandle = z.output<typeof ClientStreamHandle>;

/** Bytes that the exporter fetches or delivers by HTTP itself. */
const PresignedHandle = z.object({
  kind: z.literal('presigned_request'),
  headers: z.record(z.string(), z.string()),
  url: z.url({ protocol: /^https?$/ }),
  method: z.enum(['GET', 'PUT']),
});

/** A file of the exporter's host: ours, and only for a peer within the same process. */
const LocalPathHandle = z.object({ kind: z.literal('local_path'), path: z.string().min(1) });

/** What stands for a file among the arguments of a call. */
export const ResourceHandle = z.discriminatedUnion('kind', [
  ClientStreamHandle,
  PresignedHandle,
  LocalPathHandle,
]);
/** As the schema of the same name reads it. */
export type ResourceHandle = z.output<typeof ResourceHandle>;
