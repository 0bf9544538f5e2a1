import {
  type Adapter,
  createStreams,
  NonRetryableError,
  type RawEvent,
  type RawInput,
  type Topic,
} from '@isostream/core';

/**
 * Goes through the life of a group: it refuses an event, operators list it and redrive the letter, it handles the event, and it is
 * deleted. Finds fault with what went wrong under these names; for tests of the names that only one provider takes.
 */
export async function useGroupByName(
  adapter: Adapter,
  topic: Topic<RawInput, RawEvent>,
  group: string,
): Promise<readonly string[]> {
  const streams = await createStreams({ adapter, topics: [topic] });
  try {
    const poison = streams.consumer(topic, { group, from: 'earliest' });
    const refusing = poison.run(() => {
      setImmediate(() => void poison.close());
      throw new NonRetryableError('poison');
    });
    refusing.catch(() => undefined);
    await Promise.race([poison.ready, refusing]);
    await streams.producer(topic).send({ key: 'k', value: Buffer.from('v') });
    await refusing;
    const topics = await streams.admin.topics();
    const groups = await streams.admin.groups(topic);
    const { redriven } = await streams.redrive(topic, { group });
    const handled: string[] = [];
    const again = streams.consumer(topic, { group });
    // Without a letter that comes back there is nothing to wait for.
    if (redriven > 0)
      await again.run(({ value }) => {
        handled.push(Buffer.from(value ?? []).toString());
        setImmediate(() => void again.close());
      });
    await streams.admin.deleteGroup(topic, group);
    const left = await streams.admin.groups(topic);
    return [
      ...(topics.includes(topic.name) ? [] : [`topics are ${topics.join(', ')}, without "${topic.name}"`]),
      ...(groups.includes(group) ? [] : [`groups are ${groups.join(', ')}, without "${group}"`]),
      ...(redriven === 1 ? [] : [`${redriven} letters were redriven, and there is one`]),
      ...(handled.join() === 'v' ? [] : [`handled was "${handled.join()}", and sent "v"`]),
      ...(left.includes(group) ? [`group "${group}" is listed after its deletion`] : []),
    ];
  } finally {
    await streams.close();
  }
}
