import { type Start, StreamError, type Subscription } from '@isostream/core/adapter';
import type { PubSubService, SubscriptionInfo } from '../client/service.ts';
import { status, statusOf, toStreamError } from '../errors.ts';
import { deletedTopic } from '../names.ts';
import { retentionOf } from '../topic-settings.ts';

/** A group's subscription, ready to be pulled from. */
export interface OpenSubscription {
  readonly name: string;
  readonly topic: string;
  /** What the service gives each event at its delivery. */
  readonly ackDeadlineMs: number;
  /** Events published before are not for this group: settled unseen. */
  readonly skipBefore: number;
}

/** Labels hold what a group must remember from its first moment; values are digits and small letters only. */
const skipLabel = 'isostream-skip-before';
const startLabel = 'isostream-start';
/** What the service gives where nobody may look. */
const leastAckDeadlineMs = 10_000;

/** The group's subscription; made, with its start position, where there is none. Throws `unknown-topic`, `conflict`, `unsupported`. */
export async function openSubscription(service: PubSubService, subscription: Subscription): Promise<OpenSubscription> {
  const { topic, group } = subscription;
  const what = `topic "${topic}", group "${group}"`;
  try {
    const names = await service.names();
    const name = names.subscription(topic, group);
    const found = await findOrCreate(service, name, names.topic(topic), subscription);
    const common = { name, topic: names.topic(topic) };
    if (found === undefined) return { ...common, ackDeadlineMs: leastAckDeadlineMs, skipBefore: 0 };
    check(found, names.topic(topic), what);
    const start = found.labels?.[startLabel];
    // Whoever made it may have died before this; a second time only repeats events.
    if (start?.startsWith('pending-') === true) await seekToStart(service, found, Number(start.slice(8)));
    return {
      ...common,
      ackDeadlineMs: (found.ackDeadlineSeconds ?? 10) * 1_000,
      skipBefore: Number(found.labels?.[skipLabel] ?? 0),
    };
  } catch (thrown) {
    throw toStreamError(thrown, what);
  }
}

/**
 * Throws if the subscription is no longer what the group was given: pulls go on without a word, and bring nothing, where its
 * topic was deleted, and what they bring is not this group's where somebody made it anew in another way. Says nothing where
 * it may not be looked at.
 */
export async function requireUnchanged(service: PubSubService, { name, topic }: OpenSubscription): Promise<void> {
  const what = `subscription ${name}`;
  try {
    const found = await service.getSubscription(name);
    if (found.topic === deletedTopic) {
      const message = `${what}: its topic ${topic} was deleted. Create the topic where it is missing, and start the consumer anew: the group then begins as a new one`;
      throw new StreamError('unknown-topic', message, { where: 'pubsub' });
    }
    check(found, topic, what);
  } catch (thrown) {
    if (statusOf(thrown) !== status.permissionDenied) throw toStreamError(thrown, what);
  }
}

/** `undefined` for a subscription that may be used and not be looked at. */
async function findOrCreate(
  service: PubSubService,
  name: string,
  topic: string,
  { from }: Subscription,
): Promise<SubscriptionInfo | undefined> {
  for (;;) {
    const found = await look(service, name);
    if (found === 'hidden') return undefined;
    if (found !== 'none' && found.topic !== deletedTopic) return found;
    if (found !== 'none') {
      // Its name has to tell that it was this topic's: what it holds is somebody else's otherwise.
      if (!service.settings.subscription.includes('{topic}'))
        throw new StreamError(
          'conflict',
          `subscription ${name} belongs to a topic that was deleted. Delete it, or choose another group`,
          { where: 'pubsub' },
        );
      await deleteDead(service, name, topic);
    }
    try {
      const labels = await startLabels(service, topic, from);
      const created = await service.createSubscription({ ...durable(service), name, topic, labels });
      await untilPast(service, Number(labels[skipLabel] ?? 0));
      return created;
    } catch (thrown) {
      if (statusOf(thrown) !== status.alreadyExists) throw thrown;
    }
  }
}

async function look(service: PubSubService, name: string): Promise<SubscriptionInfo | 'hidden' | 'none'> {
  try {
    return await service.getSubscription(name);
  } catch (thrown) {
    const code = statusOf(thrown);
    if (code === status.permissionDenied) return 'hidden';
    if (code === status.notFound) return 'none';
    throw thrown;
  }
}

/** Deletes one that belongs to a topic of the same name that is gone, and so is its position: it would bring nothing. */
async function deleteDead(service: PubSubService, name: string, topic: string): Promise<void> {
  try {
    await service.deleteSubscription(name);
  } catch (thrown) {
    const code = statusOf(thrown);
    if (code === status.permissionDenied) {
      const message = `the subscription ${name} belongs to a deleted topic of the name ${topic}, and may not be deleted. Grant pubsub.subscriptions.delete on it, or delete it`;
      throw new StreamError('unauthorized', message, { where: 'pubsub', cause: thrown });
    }
    if (code !== status.notFound) throw thrown;
  }
}

function durable(service: PubSubService): SubscriptionInfo {
  return {
    enableMessageOrdering: true,
    ackDeadlineSeconds: Math.round(service.settings.sessionTimeoutMs / 1_000),
    // A group that nobody runs for a month is still a group.
    expirationPolicy: {},
  };
}

/**
 * What a new group must remember of its start. The service is sought to it after the subscription was made, and that it
 * was is remembered as well. The emulator cannot seek where order is kept, and hands out all that the topic holds: there
 * every member passes over what is older.
 */
async function startLabels(service: PubSubService, topic: string, from: Start): Promise<Record<string, string>> {
  const isLatest = from === 'latest' || (from instanceof Date && from.getTime() > (await service.now()));
  if (isLatest) return service.isEmulator ? { [skipLabel]: String((await service.now()) + 1) } : {};
  const retentionMs = retentionOf(await service.getTopic(topic));
  if (retentionMs === undefined)
    throw new StreamError(
      'unsupported',
      "the topic has no retention, so a new group cannot start at earlier events. Give the topic a retention, or start at 'latest'",
      { where: 'pubsub' },
    );
  if (service.isEmulator) return from === 'earliest' ? {} : { [skipLabel]: String(Math.max(0, from.getTime())) };
  const start = from === 'earliest' ? (await service.now()) - retentionMs : from.getTime();
  return { [startLabel]: `pending-${Math.max(0, start)}` };
}

async function seekToStart(service: PubSubService, found: SubscriptionInfo, start: number): Promise<void> {
  await service.seek(found.name ?? '', start);
  const labels = { ...found.labels, [startLabel]: `done-${start}` };
  await service.updateSubscription({ ...(found.name === undefined ? {} : { name: found.name }), labels }, ['labels']);
}

/** What is sent once a group started at `latest` is its own: time has to have passed that moment. */
async function untilPast(service: PubSubService, time: number): Promise<void> {
  for (let now = await service.now(); now < time && time - now < 10; now = await service.now())
    await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What would break the group's promises is refused by name. */
function check(found: SubscriptionInfo, topic: string, what: string): void {
  const refuse = (problem: string): never => {
    throw new StreamError('conflict', `${what}: the subscription ${found.name} ${problem}`, { where: 'pubsub' });
  };
  if (found.topic !== topic) refuse(`belongs to ${found.topic}. Choose another group`);
  if (found.enableMessageOrdering !== true)
    refuse('was made without message ordering, which cannot be changed. Delete it, or choose another group');
  if ((found.pushConfig?.pushEndpoint ?? '') !== '') refuse('pushes to an endpoint. Choose another group');
  if (found.enableExactlyOnceDelivery === true)
    refuse('has exactly-once delivery, which refuses settling a key after a reconnect. Switch it off');
  if ((found.deadLetterPolicy?.deadLetterTopic ?? '') !== '')
    refuse('has a dead-letter policy of its own, which breaks the order of keys. Remove it');
  if (found.detached === true) refuse('is detached from its topic. Delete it');
}
