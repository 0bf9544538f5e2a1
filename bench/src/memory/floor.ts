import { randomUUID } from 'node:crypto';
import type { TypedMessage } from '../load.ts';

/**
 * Processor time of what no library can leave out of a typed event: an id, the schema and JSON on the way in; JSON and the
 * schema on the way out. Microseconds an event.
 */
export async function floor(
  load: readonly TypedMessage[],
  validate: (data: unknown) => unknown,
): Promise<Record<string, number>> {
  const stored: { readonly id: string; readonly bytes: Buffer }[] = [];
  const begun = process.cpuUsage();
  for (const { data } of load) {
    await validate(data);
    stored.push({ id: randomUUID(), bytes: Buffer.from(JSON.stringify(data)) });
  }
  const send = micros(begun);
  const sent = process.cpuUsage();
  let handled = 0;
  for (const { bytes } of stored) {
    await validate(JSON.parse(bytes.toString()));
    handled++;
  }
  return { 'floor send': send / load.length, 'floor consume': micros(sent) / handled };
}

function micros(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}
