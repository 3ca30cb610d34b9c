/** An image, looked at before anything is done with it. */
export type Image =
  | { readonly kind: 'file'; readonly path: string; readonly size: number }
  | { readonly kind: 'url'; readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  | {
      readonly kind: 'chunks';
      readonly chunks: AsyncIterable<Uint8Array>;
      readonly size: number | null;
      readonly name?: string;
    };
