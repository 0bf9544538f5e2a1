import type { HandlerContext } from '@isostream/core';

/** What a member hands to its handler, by its token. */
export function context(token: string | undefined, signal: AbortSignal = new AbortController().signal): HandlerContext {
  return {
    attempt: 1,
    fencingToken: token,
    group: 'billing',
    native: undefined,
    partition: '0',
    position: '0',
    signal,
    topic: 'orders',
  };
}

/** A point that one side waits for and the other side reaches. */
export function gate(): { readonly reached: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { reached, open: () => open() };
}
