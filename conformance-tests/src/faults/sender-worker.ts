// The main file of a producer's process: sends without an end, until it is killed, and tells everything it records.
import { type Adapter, createStreams } from '@isostream/core';
import { History } from '../history/history.ts';
import { Load } from '../load/load.ts';
import { loadTopic } from '../load/load-topic.ts';
import { mutants } from '../mutants/mutants.ts';
import { prefixedAdapter } from '../run/prefixed-adapter.ts';
import { seededFor } from '../run/random.ts';
import type { SenderPlan } from './member-plan.ts';

interface AdapterModule {
  readonly createAdapter: (settings: unknown, clientId: string) => Adapter;
}

async function run(plan: SenderPlan): Promise<void> {
  const { recipe, name, topic: topicName, partitions, mutant, seed, load } = plan;
  const history = new History((entry) => process.connected && process.send?.(entry));
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the suite that wrote the recipe has this module
  const { createAdapter }: AdapterModule = await import(recipe.module);
  const topic = loadTopic(topicName, { partitions });
  const provider = prefixedAdapter(createAdapter(recipe.settings, name), recipe.prefix ?? '');
  const adapter =
    mutants
      .find((each) => each.name === mutant)
      ?.distort(plan)
      .adapter?.(provider) ?? provider;
  const streams = await createStreams({ adapter, topics: [topic] });
  const sender = new Load(history, new AbortController().signal, (purpose) => seededFor(seed, purpose));
  await sender.sendAll(streams.producer(topic), topic, { ...load, events: 1, goOn: () => true });
}

process.once('message', (plan: SenderPlan) => void run(plan));
