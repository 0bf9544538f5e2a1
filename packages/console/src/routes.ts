import type { ServerResponse } from 'node:http';
import { StreamError, type Streams } from '@isostream/core';
import { messageOf } from '@isostream/core/adapter';
import {
  type EventView,
  findLetter,
  firstLetters,
  getEvent,
  type LagWatch,
  listLetters,
  NotFound,
  search,
  tail,
  type EventFilter,
} from '@isostream/operations';
import { acts } from './acts.ts';
import type { Input } from './input.ts';
import type { Jobs } from './jobs.ts';
import type { LetterCounts } from './letter-counts.ts';
import { Lines } from './lines.ts';

/** What the routes have in common. */
export interface Context {
  readonly streams: Streams;
  readonly watch: LagWatch;
  readonly letters: LetterCounts;
  readonly jobs: Jobs;
  /** Writes down who changed what, and what was refused. */
  readonly audit: (entry: Readonly<Record<string, unknown>>) => void;
  readonly allowed: ReadonlySet<string>;
  readonly about: Readonly<Record<string, unknown>>;
  /** A sentence where the service cannot be reached and nothing was found yet. */
  readonly problem: () => string | null;
}

/** One request, that was let in. */
export interface Asked {
  readonly input: Input;
  /** Aborted when the page has gone. */
  readonly signal: AbortSignal;
  readonly response: ServerResponse;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Refused unless changes are allowed. */
  readonly changes?: boolean;
  /** What it answers with, as JSON; `undefined` where it has written its answer itself. */
  answer(context: Context, asked: Asked): Promise<unknown>;
}

/** Payloads beyond this are cut in lists, in letters; the whole one is there on demand. */
const previewLength = 2_000;

/** Everything that the page can ask for. */
export const routes: Readonly<Record<string, Route>> = {
  '/api/about': {
    method: 'GET',
    answer: async ({ about, allowed }) => ({ ...about, allowed: [...allowed] }),
  },
  '/api/overview': {
    method: 'GET',
    answer: async ({ watch, letters, problem }) => {
      const { latest } = watch;
      // Partitions are for the page of the group: thousands of them would be sent every few seconds.
      const groups = latest?.groups.map(({ partitions, members, ...group }) => ({
        ...group,
        partitions: partitions.length,
        members: members?.length ?? null,
      }));
      return {
        ...latest,
        groups: groups ?? null,
        topics: latest?.topics ?? null,
        letters: letters.list,
        areLettersCounted: letters.isComplete,
        problems: [...(latest?.problems ?? []), ...letters.problems],
        problem: problem(),
      };
    },
  },
  '/api/group': {
    method: 'GET',
    answer: async ({ watch }, { input }) => {
      const [topic, group] = [input.text('topic'), input.text('group')];
      const found = watch.latest?.groups.find((each) => each.topic === topic && each.group === group);
      if (found === undefined) throw new NotFound(`topic ${topic} has no group ${group}`);
      return { group: found, history: watch.history(topic, group), stale: watch.latest?.stale ?? null };
    },
  },
  '/api/topic': {
    method: 'GET',
    answer: async ({ streams, watch }, { input, signal }) => {
      const topic = input.text('topic');
      const description = await streams.admin.describe(topic, { signal });
      if (description === undefined) throw new NotFound(`topic ${topic} does not exist`);
      const groups = watch.latest?.groups.filter((each) => each.topic === topic) ?? [];
      return { description, groups };
    },
  },
  '/api/events': {
    method: 'GET',
    answer: async ({ streams }, { input, signal, response }) => {
      const limit = input.number('limit', 100, 1_000);
      const options = { from: input.start('from', 'earliest'), filter: filterOf(input), signal };
      await Lines.write(response, signal, async (lines) => {
        let shown = 0;
        const progress = (read: number): void => lines.put({ read });
        const report = await search(streams, input.text('topic'), { ...options, progress }, (event) => {
          lines.put({ event: preview(event) });
          return ++shown >= limit ? 'stop' : undefined;
        });
        lines.put({ end: report });
      });
      return undefined;
    },
  },
  '/api/tail': {
    method: 'GET',
    answer: async ({ streams }, { input, signal, response }) => {
      await Lines.write(response, signal, async (lines) => {
        const left = (group: string, why: string): void =>
          lines.put({ problem: `the temporary group ${group} is left: ${why}. Delete it` });
        const ready = (): void => lines.put({ ready: true });
        const options = { from: input.start('from', 'latest'), filter: filterOf(input), signal, ready, left };
        await tail(streams, input.text('topic'), options, (event) => {
          lines.putIfRoom({ event: preview(event) });
          return undefined;
        });
      });
      return undefined;
    },
  },
  '/api/event': {
    method: 'GET',
    answer: ({ streams }, { input, signal }) =>
      getEvent(streams, input.text('topic'), input.text('partition'), input.text('position'), signal),
  },
  '/api/letters': {
    method: 'GET',
    answer: async ({ streams, letters }, { input, signal }) => {
      const [topic, group] = [input.text('topic'), input.text('group')];
      const filter = input.some('code', 'key', 'type');
      const limit = input.number('limit', 200, 2_000);
      if (input.optional('part') === 'first') {
        const first = await firstLetters(streams, topic, group, { filter, limit, signal });
        return {
          letters: first.map((letter) => ({ ...letter, event: preview(letter.event) })),
          total: null,
          groups: [],
        };
      }
      const began = Date.now();
      const found = await listLetters(streams, topic, group, { filter, limit, signal });
      if (Object.keys(filter).length === 0) letters.counted(topic, group, found, began);
      return { ...found, letters: found.letters.map((letter) => ({ ...letter, event: preview(letter.event) })) };
    },
  },
  '/api/letter': {
    method: 'GET',
    answer: ({ streams }, { input, signal }) =>
      findLetter(streams, input.text('topic'), input.text('group'), input.text('id'), signal),
  },
  '/api/jobs': { method: 'GET', answer: async ({ jobs }) => jobs.list },
  /** Plans look and change nothing: they are there for readers as well. */
  '/api/plan': {
    method: 'POST',
    answer: async ({ streams, jobs, allowed }, { input, signal }) => {
      const name = input.text('act');
      const make = Object.hasOwn(acts, name) ? acts[name] : undefined;
      if (make === undefined) throw new NotFound(`there is no act ${name}`);
      return { plan: jobs.plan(await make(streams, input, signal)), isAllowed: allowed.has(name) };
    },
  },
  '/api/run': {
    method: 'POST',
    changes: true,
    answer: async ({ jobs, allowed, audit }, { input }) => {
      const plan = input.text('plan');
      const kind = jobs.kindOf(plan);
      const refused = (why: string): void => audit({ act: kind ?? 'run', state: 'refused', why });
      if (kind !== undefined && !allowed.has(kind)) {
        refused('not allowed');
        throw new StreamError('unauthorized', `this console was not started with --allow-changes ${kind}`, {
          where: 'console',
        });
      }
      try {
        return jobs.run(plan, input.optional('confirm'));
      } catch (error) {
        refused(messageOf(error));
        throw error;
      }
    },
  },
  '/api/cancel': {
    method: 'POST',
    changes: true,
    answer: async ({ jobs }, { input }) => {
      jobs.cancel(input.text('job'));
      return { cancelled: true };
    },
  },
};

function filterOf(input: Input): EventFilter {
  return input.some('key', 'type', 'header', 'text');
}

/** Enough to recognise an event; how long it is stands beside it. */
function preview(event: EventView): EventView & { readonly cut: boolean } {
  const { payload } = event;
  const cut = payload.text.length > previewLength;
  return { ...event, payload: cut ? { ...payload, text: payload.text.slice(0, previewLength) } : payload, cut };
}
