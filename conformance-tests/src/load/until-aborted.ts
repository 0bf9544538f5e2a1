/** What a handler waits for that ends with its signal alone: rejects with its reason. */
export function untilAborted(signal: AbortSignal, aborted: () => unknown = () => undefined): Promise<never> {
  return new Promise((_, fail) =>
    signal.addEventListener(
      'abort',
      () => {
        aborted();
        fail(signal.reason);
      },
      { once: true },
    ),
  );
}
