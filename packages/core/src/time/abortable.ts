import { setMaxListeners } from 'node:events';

/** The options by which the clients of AWS and Azure give a call up when the signal is aborted. */
export function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  if (signal === undefined) return {};
  // Each request listens until it ends; Node takes more than ten at a time for a leak, and says so.
  setMaxListeners(0, signal);
  return { abortSignal: signal };
}
