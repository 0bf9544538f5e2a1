import { closeInProcess } from '../faults/closing-process.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import { activeResources, moreThan } from './resources.ts';
import type { Stage } from './stage.ts';
import { useAndClose } from './use-and-close.ts';

/** What a client leaves behind that is used and closed, in a process of its own where the provider can be reached from one. */
export async function leftovers(
  stage: Stage,
  topic: LoadTopic,
  graceMs: number,
): Promise<{ readonly handled: number; readonly left: string }> {
  const { worker, sessionTimeoutMs } = stage.harness;
  const client = await stage.client([topic]);
  if (worker !== undefined) {
    const { partitions = 1, name } = topic;
    const plan = { recipe: worker, name: client.name, topic: name, partitions, sessionTimeoutMs, graceMs };
    return closeInProcess({ ...plan, ...stage.mutant }, stage.signal);
  }
  const before = activeResources();
  const { streams } = await stage.client([topic]);
  const handled = await useAndClose(streams, topic);
  const elapsed = stage.stopwatch();
  while (moreThan(activeResources(), before).length > 0 && elapsed() < graceMs) await stage.pause(20);
  return { handled, left: moreThan(activeResources(), before).join() };
}
