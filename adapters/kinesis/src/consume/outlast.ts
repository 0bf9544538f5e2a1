import { retrying, Warnings } from '@isostream/core/adapter';

const warnings = new Warnings('kinesis');

/** The work's result, tried again for as long as its failures pass; `undefined` once aborted. Rejects with what needs a person. */
export function outlast<T>(work: () => Promise<T>, signal: AbortSignal, what = 'a call'): Promise<T | undefined> {
  return retrying(work, { what, where: 'kinesis', warnings, signal });
}
