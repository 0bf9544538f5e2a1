import { type Adapter, type Capabilities, StreamError } from '@isostream/core/adapter';
import type { Plan } from './plan.ts';
import type { Process } from './process.ts';
import type { SimulatedService } from './service.ts';
import { SimulatedSink } from './sink.ts';
import type { SimulatedSource } from './source.ts';

const capabilities: Capabilities = {
  settlement: 'watermark',
  reshard: 'none',
  storedTime: 'service',
  startAtTimestamp: false,
  replay: true,
  resetGroup: false,
  retention: { minMs: 1, maxMs: Infinity, mutable: false, bytes: false },
  compaction: false,
  tombstones: 'native',
  replication: false,
  headers: 'bytes',
  cloudEvents: { prefix: 'ce_', contentType: 'content-type' },
  maxEventBytes: 1_048_576,
  lag: { events: false, time: false },
  members: false,
  attemptsSurviveCrash: false,
  idempotentWrites: true,
};

/** One process's adapter to the simulated service, with the readings that this process does. */
export function simulatedAdapter(
  service: SimulatedService,
  process: Process,
  plan: Plan,
  parts: { readonly source?: SimulatedSource } & Partial<Pick<Adapter, 'openRange'>> = {},
): Adapter {
  const unsupported = (what: string): StreamError =>
    new StreamError('unsupported', `no ${what} here`, { where: 'simulation' });
  return {
    name: 'simulation',
    capabilities: {
      ...capabilities,
      settlement: plan.service.settlement,
      idempotentWrites: plan.service.idempotent,
    },
    admin: service.admin(process),
    createSink: (topic) => new SimulatedSink(service, process, topic, plan),
    createSource() {
      if (parts.source === undefined) throw unsupported('source');
      return parts.source;
    },
    async openRange(range, signal) {
      if (parts.openRange === undefined) throw unsupported('range');
      return parts.openRange(range, signal);
    },
    connect: () => service.turmoil.pass(process),
    close: () => service.turmoil.pass(process),
  };
}
