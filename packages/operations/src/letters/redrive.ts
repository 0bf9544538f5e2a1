import type { Streams } from '@isostream/core';
import { Groups } from './groups.ts';
import { counted, type LetterPlan, type LetterReport, type RunnableLetters } from './plan.ts';
import { rawTopic } from './raw-topic.ts';
import { type ReadLetters, readLetters } from './read.ts';

/** How letters are sent back. */
export interface RedriveLimits {
  /** Letters per second. Default unbounded. */
  readonly rate?: number;
  /** Letters that were sent back this often stay. Default 3. */
  readonly maxRedrives?: number;
}

/** Plans to send letters back; changes nothing. */
export async function planRedrive(
  streams: Streams,
  topic: string,
  group: string,
  options: ReadLetters & RedriveLimits = {},
): Promise<RunnableLetters> {
  const { rate, maxRedrives = 3, signal } = options;
  const ids = new Set<string>();
  const groups = new Groups();
  let [looping, unreadable] = [0, 0];
  for await (const view of readLetters(streams, topic, group, options)) {
    if (view.unreadableBytes !== null) unreadable++;
    else if (view.redrives >= maxRedrives) looping++;
    else {
      ids.add(view.id);
      groups.add(view);
    }
  }
  const left = [
    looping === 0 ? [] : `${looping} were sent back ${maxRedrives} times and stay`,
    unreadable === 0 ? [] : `${unreadable} hold no event and stay`,
  ].flat();
  const plan: LetterPlan = {
    kind: 'redrive',
    topic,
    group,
    letters: ids.size,
    looping,
    unreadable,
    groups: groups.list,
    sentence: [`sends ${counted(ids.size)} of group ${group} back to ${topic}, in order`, ...left].join('; '),
  };
  return {
    plan,
    ids: [...ids],
    async run({ signal: running = signal, progress } = {}): Promise<LetterReport> {
      const report = await streams.redrive(rawTopic(topic), {
        group,
        where: ({ id }) => ids.has(id),
        maxRedrives,
        ...(rate === undefined ? {} : { rate }),
        ...(running === undefined ? {} : { signal: running }),
        ...(progress === undefined ? {} : { progress: ({ redriven }) => progress({ done: redriven, of: ids.size }) }),
      });
      return { done: report.redriven, of: ids.size };
    },
  };
}
