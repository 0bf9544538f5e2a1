import type { Sink } from '@isostream/core/adapter';

/** The sink itself, but for what is given. */
export function passingSink(sink: Sink, changes: Partial<Sink>): Sink {
  const outer: Sink = {
    limits: sink.limits,
    get maxEventBytes() {
      return sink.maxEventBytes;
    },
    get keepsStoredTime() {
      return sink.keepsStoredTime ?? true;
    },
    open: (signal) => sink.open(signal),
    lane: (event) => sink.lane(event),
    route: (lane) => sink.route(lane),
    write: (route, batches, signal) => sink.write(route, batches, signal),
    abandon: (batch) => sink.abandon(batch),
    close: () => sink.close(),
  };
  // Object.assign would read a getter once.
  return Object.defineProperties(outer, Object.getOwnPropertyDescriptors(changes));
}
