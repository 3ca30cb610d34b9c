/** Chunks that are passed on, and what they failed with. */
export interface WatchedChunks<T> {
  readonly chunks: AsyncGenerator<T, void>;
  /** Set once the chunks themselves have failed, not whoever takes them. */
  readonly failure: { readonly reason: unknown } | undefined;
}

/** Passes chunks on to who would report any failure as its own. */
export function watchFailure<T>(chunks: AsyncIterable<T>): WatchedChunks<T> {
  let failure: { readonly reason: unknown } | undefined;
  // By hand: a stream that is destroyed throws its own error into the generator, where a `catch` around `yield` would take it.
  const pass = async function* () {
    const iterator = chunks[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await iterator.next().catch((reason: unknown) => {
          failure = { reason };
          throw reason;
        });
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  };
  return {
    chunks: pass(),
    get failure() {
      return failure;
    },
  };
}
