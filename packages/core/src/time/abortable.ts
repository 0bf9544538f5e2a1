import { setMaxListeners } from 'node:events';

/** The options of a client's call that is given up when the signal is aborted, for clients that call it `abortSignal`. */
export function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  if (signal === undefined) return {};
  // Each request listens until it ends; Node takes more than ten at a time for a leak, and says so.
  setMaxListeners(0, signal);
  return { abortSignal: signal };
}
