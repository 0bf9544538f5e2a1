import { type Source, type SourceListener, type Start, StreamError, type Subscription } from '@isostream/core/adapter';
import { LeaseCoordinator } from '@isostream/coordination';
import { randomUUID } from 'node:crypto';
import { ExampleAssignment } from './cursor.js';
import { asked } from './errors.js';
import { ExampleLeases } from './leases.js';
import type { Service, ServiceTopic } from './service.js';

/** One member of a group on one topic. The service knows no groups, so leases say who reads what: `@isostream/coordination`. */
export class ExampleSource implements Source {
  readonly #service: Service;
  readonly #subscription: Subscription;
  readonly #sessionTimeoutMs: number;

  constructor(service: Service, subscription: Subscription, sessionTimeoutMs: number) {
    this.#service = service;
    this.#subscription = subscription;
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const { topic: name, group, from, clientId } = this.#subscription;
    const service = this.#service;
    const topic = await topicOf(service, name);
    const coordinator = new LeaseCoordinator(
      {
        store: new ExampleLeases(service, topic.id, group),
        partitions: {
          list: async () => partitionsOf(topic).map((partition) => ({ partition })),
          start: async ({ partition }, origin) => ({
            // What appears later is read from its beginning; all else where the group was told to start.
            position: origin.kind === 'with-group' ? String(await startOf(service, topic, partition, from)) : '0',
          }),
          open: (held) => new ExampleAssignment({ service, topic: topic.id, partition: held.partition }, held),
        },
        member: `${clientId}/${randomUUID()}`,
        where: 'example',
        what: `topic "${name}", group "${group}"`,
        sessionTimeout: this.#sessionTimeoutMs,
      },
      listener,
    );
    await coordinator.run(signal);
  }
}

/** Throws `unknown-topic`. */
export async function topicOf(service: Service, name: string): Promise<ServiceTopic> {
  const topic = await asked(`topic "${name}"`, () => service.findTopic(name));
  if (topic !== undefined) return topic;
  throw new StreamError('unknown-topic', `topic "${name}" does not exist. Create it`, { where: 'example' });
}

export function partitionsOf({ partitions }: ServiceTopic): readonly string[] {
  return Array.from({ length: partitions }, (_, index) => String(index));
}

/** The offset at which reading starts. */
export function startOf(service: Service, { id }: ServiceTopic, partition: string, from: Start): Promise<number> {
  return asked(`partition ${partition}`, async () => {
    if (from === 'latest') return service.end(id, Number(partition));
    if (from === 'earliest') return (await service.fetch(id, Number(partition), 0, 0)).start;
    return service.offsetAt(id, Number(partition), from.getTime());
  });
}
