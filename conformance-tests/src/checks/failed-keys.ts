import type { Entry, EntryOf } from '../history/entry.ts';
import { ofKind } from '../history/history.ts';
import { type Check, tell } from './check.ts';

/** With these an event fails alone, and its key goes on. */
const alone: ReadonlySet<string> = new Set([
  'backpressure',
  'aborted',
  'closed',
  'key-failed',
  'invalid-event',
  'invalid-key',
]);

/**
 * SEND-ORDER, `afterFailure: 'fail-key'`: what a sender sends of a key after an event of it that failed permanently is not
 * stored, and nothing fails for its key unless something before it failed. Of keys that nobody resumed.
 */
export const failedKeysStayFailed: Check = (entries) => {
  const results = new Map<string, EntryOf<'sent' | 'send-failed'>>();
  for (const entry of entries)
    if (entry.kind === 'sent' || entry.kind === 'send-failed') results.set(`${entry.topic}\n${entry.id}`, entry);
  const failed = new Map<string, EntryOf<'send-failed'>>();
  const doubtful = new Set<string>();
  const passed: string[] = [];
  const heldBack: string[] = [];
  for (const { topic, id, key, sender, at } of ofKind(entries, 'send')) {
    const result = results.get(`${topic}\n${id}`);
    if (key === null || result === undefined) continue;
    const lane = `${topic}\n${sender}\n${key}`;
    const before = failed.get(lane);
    if (result.kind === 'sent') {
      if (before !== undefined && !mayShareItsBatch(before, at)) passed.push(`${id} after ${before.id}`);
    } else if (result.code === 'key-failed') {
      if (before === undefined && !doubtful.has(lane)) heldBack.push(id);
    } else if (!alone.has(result.code)) failed.set(lane, before ?? result);
    // Its sender gave it up while it was under way: nobody was told how that ended.
    else if (result.code === 'aborted' && result.outcome === 'unknown') doubtful.add(lane);
  }
  return [
    ...tell('stored after an event of their key that failed', passed),
    ...tell('failed for their key, of which nothing had failed', heldBack),
  ];
};

/** Its time was over while its batch was under way, and so was perhaps what was sent before anybody knew: nobody takes that back. */
function mayShareItsBatch({ outcome, at }: EntryOf<'send-failed'>, sentAt: number): boolean {
  return outcome === 'unknown' && sentAt <= at;
}

/** SEND-ORDER, `afterFailure: 'continue'`: no event fails for another one. */
export const noFailedKeys: Check = (entries) =>
  tell(
    'failed for their key',
    ofKind(entries, 'send-failed').flatMap(({ id, code }) => (code === 'key-failed' ? [id] : [])),
  );

/** BACKPRESSURE: a send that finds no room fails for that after `maxBlock`, and not before. */
export function waitsForRoom(maxBlockMs: number): Check {
  return (entries: readonly Entry[]) => {
    const sends = new Map(ofKind(entries, 'send').map(({ id, at }) => [id, at]));
    const early = ofKind(entries, 'send-failed').flatMap(({ id, code, at }) => {
      const waited = at - (sends.get(id) ?? at);
      return code === 'backpressure' && waited < maxBlockMs - 1 ? [`${id} after ${waited.toFixed(0)} ms`] : [];
    });
    return tell(`sends that found no room and did not wait ${maxBlockMs} ms`, early);
  };
}
