import { errorCodes, type ErrorCode, StreamError } from '@isostream/core';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Findings } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

/** Where each key is a lane of its own there is nothing that could be too few or too many: no change is needed, and none made. */
export async function anyNumberIsMet(stage: Stage, topic: LoadTopic, others: readonly LoadTopic[]): Promise<Findings> {
  const { streams } = await stage.client([topic]);
  const changes: string[] = [];
  for (const other of others) {
    await streams.admin.validate(other);
    const { change } = await streams.admin.ensure(other);
    if (change !== 'none') changes.push(`ensure made a change for ${other.partitions} partitions: ${change}`);
  }
  return { 'any number is met': changes };
}

/** Finds fault with a call that was to be refused with this code. */
export async function fails(code: ErrorCode, call: () => unknown): Promise<readonly string[]> {
  try {
    await call();
    return [`no error where ${code} was due`];
  } catch (error) {
    if (!StreamError.is(error)) return [`${String(error)} is not a StreamError; ${code} was due`];
    if (error.code !== code) return [`${error.code} where ${code} was due: ${error.message}`];
    if (error.retryable !== errorCodes[code]) return [`${code} says retryable: ${error.retryable}`];
    return [];
  }
}

/** The refusal of what capabilities declare absent. Calls that refuse at once refuse before any I/O. */
export function refusal(call: () => unknown): readonly string[] {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => undefined);
    return ['no error where unsupported was due at once'];
  } catch (error) {
    return StreamError.is(error) && error.code === 'unsupported' ? [] : [`${String(error)} where unsupported was due`];
  }
}
