/**
 * Runs `work` and yields what it reports, in order; ends, or fails, as it does. A slow reader misses reports that have been
 * overtaken by later ones, never the last.
 */
export async function* withProgress<T>(
  work: (report: (item: T) => void) => Promise<unknown>,
): AsyncGenerator<T> {
  let latest: { readonly item: T } | undefined;
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  let over = false;
  const running = work((item) => {
    latest = { item };
    announce();
  }).finally(() => {
    over = true;
    announce();
  });
  running.catch(() => undefined);
  for (;;) {
    const { promise } = changed;
    if (latest) {
      const { item } = latest;
      latest = undefined;
      yield item;
    } else if (over) break;
    else await promise;
  }
  await running;
}
