import type { Streams } from '@isostream/core';
import { Groups } from './groups.ts';
import { counted, type LetterPlan, type LetterReport, type RunnableLetters } from './plan.ts';
import { rawTopic } from './raw-topic.ts';
import { type ReadLetters, readLetters } from './read.ts';

/** Plans to mark letters as done without sending them back; changes nothing. */
export async function planDiscard(
  streams: Streams,
  topic: string,
  group: string,
  options: ReadLetters = {},
): Promise<RunnableLetters> {
  const { signal } = options;
  const ids = new Set<string>();
  const groups = new Groups();
  for await (const view of readLetters(streams, topic, group, options)) {
    ids.add(view.id);
    groups.add(view);
  }
  const plan: LetterPlan = {
    kind: 'discard',
    topic,
    group,
    letters: ids.size,
    looping: 0,
    unreadable: 0,
    groups: groups.list,
    sentence: `marks ${counted(ids.size)} of group ${group} on ${topic} as done: they are never sent back`,
  };
  return {
    plan,
    ids: [...ids],
    async run({ signal: running = signal, progress } = {}): Promise<LetterReport> {
      const report = await streams.discard(rawTopic(topic), {
        group,
        where: ({ id }) => ids.has(id),
        ...(running === undefined ? {} : { signal: running }),
        ...(progress === undefined ? {} : { progress: ({ discarded }) => progress({ done: discarded, of: ids.size }) }),
      });
      return { done: report.discarded, of: ids.size };
    },
  };
}
