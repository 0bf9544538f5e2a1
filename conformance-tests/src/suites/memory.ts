import { createMemory, createMemoryBroker, type Fault, type MemoryBroker } from '@isostream/memory';
import { individualMutants } from '../mutants/individual-mutants.ts';
import type { Harness, HarnessFaults } from './harness.ts';

/** The in-memory provider: the reference, first through every scenario. */
export function memoryHarness(): Harness {
  return harnessOf('memory', createMemoryBroker({ sessionTimeout: '1s' }));
}

/** The same without headers: events travel as structured JSON, letters and counts of redrives in wrappers. */
export function bareMemoryHarness(): Harness {
  return harnessOf('memory without headers', createMemoryBroker({ sessionTimeout: '1s', headers: 'none' }));
}

/** The same without partitions and positions: events are settled one by one. */
export function individualMemoryHarness(): Harness {
  const broker = createMemoryBroker({ sessionTimeout: '1s', settlement: 'individual' });
  return { ...harnessOf('memory individual', broker), mutants: individualMutants };
}

function harnessOf(name: string, broker: MemoryBroker): Harness {
  const { control } = createMemory({ broker });
  return {
    name,
    broker: 'in this process',
    createAdapter: () => createMemory({ broker }),
    sessionTimeoutMs: 1_000,
    clockSkewMs: 5,
    quietMs: 4_000,
    faults: memoryFaults(control),
    worker: undefined,
    stall: (topic, group, clientId) => undo([control.stall(topic, group, clientId)]),
    wrong: {},
    close: async () => undefined,
  };
}

/** For so long nothing passes where a connection is cut. */
const brokenMs = 40;

/** What the network does to others, done by the broker's control points. */
function memoryFaults(control: ReturnType<typeof createMemory>['control']): HarnessFaults {
  let cuts = 0;
  const cut = (): number => {
    // A broken connection takes requests on their way there, or answers on their way back.
    const writes = ++cuts % 2 === 1 ? control.loseAnswers() : control.failWrites({ outcome: 'unknown' });
    setTimeout(undo([writes, control.failCommits()]), brokenMs);
    return 1;
  };
  return {
    cut,
    // There is no connection of which anybody would have to learn.
    halfOpen: cut,
    isolate: () => undo([control.isolate()]),
    goAway: () => undo([control.isolate()]),
    async restart() {
      const outage = control.isolate();
      await new Promise((resolve) => setTimeout(resolve, 500));
      outage.undo();
    },
    slowDown: () => undo([control.delay('write', 50), control.delay('read', 20), control.delay('commit', 50)]),
    throttle: async () => undo([control.failWrites({ code: 'throttled' }), control.delay('read', 50)]),
    refuseWrites: async (topic) => undo([control.failWrites({ topic })]),
    refuseCommits: () => undo([control.failCommits()]),
    trim: async (topic, partition, before) => control.trim(topic, partition, before),
  };
}

function undo(faults: readonly Fault[]): () => void {
  return () => {
    for (const fault of faults) fault.undo();
  };
}
