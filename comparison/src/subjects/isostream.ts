import { createStreams, defineTopic, type Schema } from '@isostream/core';
import type { Client, Message, Service, ServiceName, Subject } from '../subject.ts';
import { isMessage } from './message.ts';

const schema: Schema<Message, Message> = {
  '~standard': {
    version: 1,
    vendor: 'isostream',
    validate: (value) => (isMessage(value) ? { value } : { issues: [{ message: 'expected a message' }] }),
  },
};

/** isostream through the same interface: the control. */
export function isostreamOn(service: ServiceName, isInProcess = false): Subject {
  return {
    name: `isostream-${service}`,
    service,
    package: `@isostream/${service}`,
    settings: [
      'defaults, but for `concurrency: 32`, `commitInterval: 20 ms` and `retry: { attempts: 5, backoff: { initial: 50 ms, max: 500 ms } }`',
    ],
    notPromised: ['a crashed or frozen member repeats what it had not committed'],
    ...(isInProcess ? { isInProcess } : {}),
    open: async (reached, clientId) => open(reached, clientId),
  };
}

function open({ createAdapter }: Service, clientId: string): Client {
  const closing: (() => Promise<void>)[] = [];
  const client = async (topic: string) => {
    const streams = await createStreams({ adapter: createAdapter(clientId), topics: [] });
    closing.push(() => streams.close());
    return { streams, topic: messages(topic) };
  };
  const producers = new Map<string, ReturnType<typeof producer>>();
  const producer = async (name: string) => {
    const { streams, topic } = await client(name);
    return streams.producer(topic);
  };
  return {
    async send(name, message) {
      const opened = producers.get(name) ?? producer(name);
      producers.set(name, opened);
      await (await opened).send({ type: 'message', id: message.id, data: message });
    },
    async consume({ topic: name, group, handle, ready, failed }) {
      const { streams, topic } = await client(name);
      const consumer = streams.consumer(topic, {
        group,
        clientId,
        concurrency: 32,
        commitInterval: '20ms',
        retry: { attempts: 5, backoff: { initial: '50ms', max: '500ms' } },
      });
      const running = consumer.run(({ data }, { partition, position }) =>
        handle({ message: data, partition, position }),
      );
      running.catch(failed);
      void consumer.ready.then(ready, () => undefined);
      return {
        pause: async () => consumer.pause(),
        resume: async () => consumer.resume(),
        close: () => consumer.close(),
      };
    },
    async close() {
      for (const close of closing) await close();
    },
  };
}

function messages(name: string) {
  return defineTopic(name, { events: { message: schema }, key: (event) => event.data.key });
}
