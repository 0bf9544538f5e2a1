import type { Bench } from './bench.ts';

/** The one table of benchmarks. Each is loaded when it is asked for: it brings its provider's client along. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  codecs: async () => (await import('./codecs/bench.ts')).codecsBench,
  memory: async () => (await import('./memory/bench.ts')).memoryBench,
  kafka: async () => (await import('./kafka/bench.ts')).kafkaBench,
  kinesis: async () => (await import('./kinesis/bench.ts')).kinesisBench,
  pubsub: async () => (await import('./pubsub/bench.ts')).pubsubBench,
  moving: async () => (await import('./moving/bench.ts')).movingBench,
  sinks: async () => (await import('./sinks/bench.ts')).sinksBench,
  'event-hubs': async () => (await import('./event-hubs/bench.ts')).eventHubsBench,
};
