/** Aborted with the first of these, until it is let go of: unlike `AbortSignal.any`, it leaves nothing with signals that live long. */
export function linkedSignal(signals: readonly (AbortSignal | undefined)[]): {
  readonly signal: AbortSignal;
  readonly unlink: () => void;
} {
  const link = new AbortController();
  const forgets = signals.flatMap((signal) => {
    if (signal === undefined) return [];
    const abort = (): void => link.abort(signal.reason);
    if (!signal.aborted) return [onAbort(signal, abort)];
    abort();
    return [];
  });
  const unlink = (): void => {
    for (const forget of forgets) forget();
  };
  return { signal: link.signal, unlink };
}

const watched = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `run` when the signal is aborted, until the returned function is called. For a signal that is not aborted yet.
 * However many wait for one signal, it has one listener: thousands of sends may share one, and Node warns of eleven.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  let waiting = watched.get(signal);
  if (waiting === undefined) {
    const callbacks = new Set<() => void>();
    waiting = callbacks;
    const abort = (): void => {
      watched.delete(signal);
      for (const callback of callbacks) callback();
    };
    watched.set(signal, callbacks);
    signal.addEventListener('abort', abort, { once: true });
  }
  const callbacks = waiting;
  // A callback is its own entry, also if the same function waits twice.
  const entry = (): void => run();
  callbacks.add(entry);
  return () => callbacks.delete(entry);
}
