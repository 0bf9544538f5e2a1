const reported = new WeakSet<object>();

/**
 * Says once per `culprit`, as a warning of the process, that code of the application failed where nothing may depend on it: a
 * subscriber, a logger, a middleware after the fact. What happens to an event does not change.
 */
export function reportOnce(culprit: object, what: string, thrown: unknown): void {
  if (reported.has(culprit)) return;
  reported.add(culprit);
  try {
    const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    process.emitWarning(`${what}. Nothing else was affected; this is reported once`, {
      type: 'IsostreamWarning',
      code: 'ISOSTREAM_CALLBACK',
      detail,
    });
  } catch {
    // A value that cannot even be shown.
  }
}
