// The main file of a process that uses a client, closes it, and should then have nothing left to do.
import { type Adapter, createStreams } from '@isostream/core';
import { loadTopic } from '../load/load-topic.ts';
import { mutants } from '../mutants/mutants.ts';
import { prefixedAdapter } from '../run/prefixed-adapter.ts';
import { useAndClose } from '../run/use-and-close.ts';
import type { ClosingPlan, ClosingReport } from './closing-process.ts';

interface AdapterModule {
  readonly createAdapter: (settings: unknown, clientId: string) => Adapter;
}

async function run(plan: ClosingPlan): Promise<void> {
  const { recipe, name, topic: topicName, partitions, mutant, graceMs } = plan;
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- the suite that wrote the recipe has this module
  const { createAdapter }: AdapterModule = await import(recipe.module);
  const topic = loadTopic(topicName, { partitions });
  const right = prefixedAdapter(createAdapter(recipe.settings, name), recipe.prefix ?? '');
  const distortion = mutants.find((each) => each.name === mutant)?.distort(plan);
  const streams = await createStreams({ adapter: distortion?.adapter?.(right) ?? right, topics: [topic] });
  const handled = await useAndClose(distortion?.streams?.(streams) ?? streams, topic);
  tell({ handled });
  process.disconnect();
  // It fires only if something else keeps the process alive; whoever started it ends it then.
  setTimeout(() => process.stdout.write(process.getActiveResourcesInfo().join()), graceMs).unref();
}

function tell(report: ClosingReport): void {
  process.send?.(report);
}

process.once('message', (plan: ClosingPlan) => {
  run(plan).catch((error: unknown) => process.stdout.write(String(error)));
});
