// The main file of a member process: runs one consumer until its parent asks it to leave, and tells everything it records.
import { type Adapter, createStreams } from '@isostream/core';
import { History } from '../history/history.ts';
import { type Assignments, recordingAdapter } from '../history/recording-adapter.ts';
import { loadTopic } from '../load/load-topic.ts';
import { connectFrom } from './own-address.ts';
import type { MemberPlan } from './member-plan.ts';
import { peersOfThisProcess } from './peers.ts';
import { mutants } from '../mutants/mutants.ts';
import { prefixedAdapter } from '../run/prefixed-adapter.ts';
import { failingFor, recordedCall } from '../run/recorded-call.ts';
import { below, seeded } from '../run/random.ts';

interface AdapterModule {
  readonly createAdapter: (settings: unknown, clientId: string) => Adapter;
}

async function run(plan: MemberPlan): Promise<void> {
  const { recipe, name, topic: topicName, partitions, options, busyMs, failing, mutant, seed, address } = plan;
  if (address !== undefined) connectFrom(address);
  // A handler that outlives its member has nobody to tell.
  const history = new History((entry) => process.connected && process.send?.(entry));
  const assignments: Assignments = new Map();
  const random = seeded(seed);
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the suite that wrote the recipe has this module
  const { createAdapter }: AdapterModule = await import(recipe.module);
  const topic = loadTopic(topicName, { partitions });
  // One that is wrong in its recipe is not among these.
  const distortion = mutants.find((each) => each.name === mutant)?.distort({ ...plan, peers: peersOfThisProcess() });
  const provider = prefixedAdapter(createAdapter(recipe.settings, name), recipe.prefix ?? '');
  const recorded = recordingAdapter(distortion?.beneath?.(provider) ?? provider, history, assignments);
  const adapter = distortion?.adapter?.(recorded) ?? recorded;
  const right = await createStreams({ adapter, topics: [topic], random });
  const streams = distortion?.streams?.(right) ?? right;
  const consumer = streams.consumer(topic, { clientId: name, ...options });
  process.on('message', (message) => {
    if (message === 'leave') void consumer.close();
  });
  const handle = failingFor(failing, () => work(below(random, busyMs + 1), below(random, 2) === 0));
  await consumer.run((event, context) =>
    recordedCall({ history, assignments, member: name, group: options.group }, event, context, handle),
  );
  await streams.close();
  history.record({ kind: 'closed', member: name });
  process.disconnect();
}

const sliceMs = 10;

/**
 * Takes so long. When a frozen process wakes, a handler that waits for one timer ends at once, so that the next event of its
 * key is due before anybody was told anything; one that has work left is under way when it is told.
 */
async function work(ms: number, inSlices: boolean): Promise<void> {
  const most = inSlices ? sliceMs : ms;
  for (let left = ms; left > 0; left -= most) await new Promise((resolve) => setTimeout(resolve, Math.min(left, most)));
}

process.once('message', (plan: MemberPlan) => void run(plan));
