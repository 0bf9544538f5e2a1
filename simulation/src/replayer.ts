import { createStreams, StreamError } from '@isostream/core';
import type { Adapter } from '@isostream/core/adapter';
import { type LoadTopic, tell } from '@isostream/conformance/checks';
import type { Plan } from './plan.ts';
import type { Process } from './process.ts';
import { openRange } from './range.ts';
import type { SimulatedService } from './service.ts';

interface ReplayParts {
  readonly service: SimulatedService;
  readonly process: Process;
  readonly plan: Plan;
  readonly topic: LoadTopic;
  readonly createAdapter: (readers: Pick<Adapter, 'openRange'>) => Adapter;
}

/** Replays the topic while its group works, with handlers that fail now and then, and says what was wrong with it. */
export async function replayAll(parts: ReplayParts): Promise<readonly string[]> {
  const { service, process, plan, topic, createAdapter } = parts;
  const { turmoil } = service;
  const stored = new Set<string>();
  const { eventsPerRead } = plan.service;
  const adapter = createAdapter({
    openRange: (range) => openRange({ service, process, eventsPerRead, stored }, range),
  });
  const streams = await createStreams({ adapter, topics: [topic], clock: process, random: turmoil.random });
  const { concurrency = 16, ordering = 'key', maxInFlight = {} } = plan.consumer;
  const replay = streams.replay(topic, {
    from: 'earliest',
    concurrency,
    ordering,
    maxInFlight,
    retry: { attempts: 50, backoff: { initial: 1, max: 5 } },
  });
  const wrong: string[] = [];
  const handled = new Set<string>();
  const latest = new Map<string | null, number>();
  const running = new Set<string | null>();
  try {
    const { events } = await replay.run(async ({ data }, { partition, position }) => {
      const place = `${partition}/${position}`;
      // Of what has no order each event is a slot of its own.
      const key = ordering === 'none' ? place : ordering === 'partition' ? partition : (data.key ?? place);
      if (handled.has(place)) wrong.push(`${place} again`);
      if (running.has(key)) wrong.push(`${place} while another event of ${key} was handled`);
      if (Number(position) < (latest.get(key) ?? 0)) wrong.push(`${place} after ${latest.get(key)} of the same key`);
      latest.set(key, Number(position));
      running.add(key);
      await turmoil.travel();
      running.delete(key);
      if (turmoil.random() < plan.handlers.failing) throw new Error('this call fails');
      handled.add(place);
    });
    if (events !== handled.size) wrong.push(`${events} events by its own account, ${handled.size} were handled`);
  } catch (error) {
    wrong.push(`failed: ${StreamError.from(error, 'simulation').message}`);
  }
  await streams.close();
  const missing = [...stored].filter((place) => !handled.has(place));
  const strangers = [...handled].filter((place) => !stored.has(place));
  return [...wrong, ...tell('left out', missing), ...tell('never in the range', strangers)];
}
