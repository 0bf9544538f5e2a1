import { EventEmitter } from 'node:events';
import type { Client, Service, Subject } from '../subject.ts';
import { encoded, decoded } from './message.ts';

/** What is subscribed to on one service, by all its clients. */
const buses = new WeakMap<Service, EventEmitter>();

/** The transport that people put in place of a broker in their tests. */
export const eventEmitter: Subject = {
  name: 'event-emitter',
  service: 'memory',
  settings: ['`emitter.emit(topic, message)`, `emitter.on(topic, handler)` with `captureRejections`'],
  notPromised: [
    'anything of a broker: no storage, no groups, no positions, no retries, no waiting for a handler. It is here because services tested on it then meet a broker',
  ],
  isInProcess: true,
  hasNoPause: true,
  async open(service): Promise<Client> {
    const bus = buses.get(service) ?? new EventEmitter({ captureRejections: true });
    buses.set(service, bus);
    // Without a listener an error ends the process.
    if (bus.listenerCount('error') === 0) bus.on('error', () => undefined);
    let position = 0;
    return {
      async send(topic, message) {
        bus.emit(topic, encoded(message), ++position);
      },
      async consume({ topic, handle, ready }) {
        const listener = (value: string, place: number): unknown =>
          handle({ message: decoded(value), partition: '0', position: String(place) });
        bus.on(topic, listener);
        ready();
        return { close: async () => void bus.off(topic, listener) };
      },
      close: async () => undefined,
    };
  },
};
