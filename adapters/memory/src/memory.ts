import type { Adapter } from '@isostream/core';
import {
  type Adapter as OpenAdapter,
  type Admin,
  type OpenRange,
  type Range,
  type Sink,
  type Source,
  type Subscription,
  type DeclarationOf,
  type DeclaredOptions,
  option,
  takeOptions,
} from '@isostream/core/adapter';
import { MemoryAdmin } from './admin.ts';
import { createMemoryBroker, type MemoryBroker } from './service/broker.ts';
import { brokerOptions, type MemoryBrokerOptions } from './options.ts';
import { capabilitiesOf } from './capabilities.ts';
import { MemoryControl } from './control.ts';
import { IndividualSource } from './individual/source.ts';
import { openRange } from './consume/range.ts';
import { MemorySink } from './produce/sink.ts';
import { MemorySource } from './consume/source.ts';

export interface MemoryOptions extends MemoryBrokerOptions {
  /** Shared topics and groups; a broker of its own where absent. Options of the broker are then the broker's. */
  readonly broker?: MemoryBroker;
}

export interface MemoryAdapter extends Adapter {
  readonly broker: MemoryBroker;
  /** Faults on demand. */
  readonly control: MemoryControl;
}

const declared = {
  broker: option.given<MemoryBroker>({
    shownDefault: 'one of its own',
    doc: 'shared topics and groups, from `createMemoryBroker`; the options below are then those of the broker',
  }),
  ...brokerOptions,
} satisfies DeclarationOf<MemoryOptions>;

/** The options of `createMemory` as they are declared, for docs and tools. */
export const memoryOptions: DeclaredOptions = declared;

/** The in-memory provider: the same contract as every other one, no I/O, gone with the process. */
export function createMemory(options: MemoryOptions = {}): MemoryAdapter {
  takeOptions(declared, options, { where: 'memory' });
  const { broker: shared, ...own } = options;
  const broker = shared ?? createMemoryBroker(own);
  const adapter: MemoryAdapter & OpenAdapter = {
    name: 'memory',
    capabilities: capabilitiesOf(broker),
    broker,
    control: new MemoryControl(broker),
    admin: new MemoryAdmin(broker) satisfies Admin,
    createSink: (topic: string): Sink => new MemorySink(broker, topic),
    createSource: (subscription: Subscription): Source =>
      broker.settlement === 'individual'
        ? new IndividualSource(broker, subscription)
        : new MemorySource(broker, subscription),
    openRange: async (range: Range): Promise<OpenRange> => openRange(broker, range),
    connect: async () => broker.checkReach(),
    close: async () => undefined,
  };
  return adapter;
}
