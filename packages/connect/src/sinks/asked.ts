import { StreamError, withDeadline } from '@isostream/core/adapter';
import { ConfigError } from '../config/definition.ts';
import { DataError } from '../data/values.ts';
import { TargetUnavailable } from './sink.ts';

export interface Asking {
  /** Who is asked, for people: `the cluster`. */
  readonly what: string;
  /** For the error of an answer that is late. */
  readonly where: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Asks over HTTP. Rejects with {@link TargetUnavailable} where nothing answers in time; `ConfigError` and `DataError` of `ask` pass. */
export async function asked<Answer>(
  { what, where, timeoutMs, signal }: Asking,
  ask: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const late = (): StreamError =>
    new StreamError('timeout', `${what} gave no answer within ${timeoutMs} ms`, { where });
  try {
    return await withDeadline({ ms: timeoutMs, late, signals: [signal] }, ask);
  } catch (cause) {
    if (cause instanceof ConfigError || cause instanceof DataError || cause instanceof TargetUnavailable) throw cause;
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    throw new TargetUnavailable(`${what} cannot be reached: ${why instanceof Error ? why.message : String(why)}`, {
      cause,
    });
  }
}
