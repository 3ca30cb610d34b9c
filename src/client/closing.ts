import type { SessionInfo } from './node.ts';

/** Makes of `close` a function that acts once; the session calls it at its end, unless that has happened before. */
export function closeWithSession(
  session: SessionInfo,
  close: () => PromiseLike<void> | void,
): () => Promise<void> {
  let todo: typeof close | undefined = close;
  let done: Promise<void> | undefined;
  const closeOnce = () => {
    done ??= (async () => {
      const act = todo;
      // The session remembers this function for its whole life, but not what has been closed.
      todo = undefined;
      await act?.();
    })();
    return done;
  };
  session.defer(closeOnce);
  return closeOnce;
}
