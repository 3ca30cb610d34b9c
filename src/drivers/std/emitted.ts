/** What `run` emits, for an iterating reader; `emit` waits for that reader. It ends, or fails, as `run` does. */
export async function* emitted<T>(
  run: (emit: (item: T) => Promise<void>) => Promise<unknown>,
): AsyncGenerator<T> {
  const { readable, writable } = new TransformStream<T, T>();
  const writer = writable.getWriter();
  run((item) => writer.write(item))
    .then(
      () => writer.close(),
      (reason) => writer.abort(reason),
    )
    // The reader has left: there is nobody to tell.
    .catch(() => undefined);
  yield* readable;
}
