import { callFaults, momentFaults } from './plan.ts';
import type { Tally } from './run-seed.ts';

/** Shares of all seeds in which each thing must have happened; a fault that never bites proves nothing. */
const minimums: Readonly<Record<string, number>> = {
  ...Object.fromEntries([...callFaults, ...momentFaults].map((kind) => [`fault ${kind}`, 0.04])),
  // They take a batch of several events, a request of several lanes.
  'fault batch-too-large': 0.025,
  'fault partial-failure': 0.02,
  'view run': 0.4,
  'view batch': 0.1,
  'view stream': 0.1,
  'settlement watermark': 0.4,
  'settlement individual': 0.2,
  'ordering key': 0.4,
  'ordering partition': 0.05,
  'ordering none': 0.05,
  'without keys': 0.04,
  retried: 0.4,
  'handler timed out': 0.1,
  'failed permanently, dead-letter': 0.2,
  'failed permanently, skip': 0.04,
  'failed permanently, stop': 0.04,
  'room exhausted': 0.25,
  'event larger than the room': 0.05,
  'span exhausted': 0.02,
  'repeated under another assignment': 0.1,
  'dead letter': 0.1,
  gap: 0.04,
  'stopped at a gap': 0.01,
  'a batch failed as a whole': 0.04,
  'a loop was left': 0.02,
  'send failed not-written': 0.1,
  'send failed unknown': 0.1,
  'send failed as key-failed': 0.04,
  'send failed as event-too-large': 0.04,
  'send failed as backpressure': 0.04,
  'send failed as timeout': 0.02,
  'commit fenced': 0.04,
  'went on after a restart': 0.04,
  'handed over in time': 0.4,
  'handed over in haste': 0.04,
};

/** Fewer seeds than this may miss something by chance. */
const enough = 500;

/** What happened in too few seeds; nothing is asked of a handful of seeds. Pure. */
export function vacuous({ seeds, seen }: Pick<Tally, 'seeds' | 'seen'>): readonly string[] {
  if (seeds < enough) return [];
  return Object.entries(minimums).flatMap(([name, share]) => {
    const count = seen[name] ?? 0;
    return count >= share * seeds
      ? []
      : [`${name}: in ${count} of ${seeds} seeds, at least ${Math.ceil(share * seeds)} were due`];
  });
}
