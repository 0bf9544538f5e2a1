import type { Plan } from './plan.ts';

/** How long a short history is worth, in milliseconds. */
const patienceMs = 20_000;

/** Leaves out of a failing plan whatever it fails without: events, faults, members, partitions, delays. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let best = plan;
  const end = performance.now() + patienceMs;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (performance.now() > end || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = -1; size !== sizeOf(best) && performance.now() < end;) {
    size = sizeOf(best);
    await shorten(
      () => best.faults,
      (faults) => attempt({ ...best, faults }),
    );
    await shorten(
      () => best.load,
      (load) => attempt({ ...best, load }),
    );
    for (const simpler of simplifications(best)) await attempt({ ...best, ...simpler });
  }
  return best;
}

/** Drops stretches of a list, long ones first. */
async function shorten<Item>(
  list: () => readonly Item[],
  attempt: (shorter: readonly Item[]) => Promise<boolean>,
): Promise<void> {
  for (let length = list().length; length >= 1; length = Math.floor(length / 2)) {
    for (let start = 0; start < list().length;) {
      const shorter = list().toSpliced(start, length);
      if (!(await attempt(shorter))) start += length;
    }
  }
}

function simplifications(plan: Plan): Partial<Plan>[] {
  const { members, partitions, view, service, faults } = plan;
  return [
    // Faults that strike earlier need less load before them.
    ...[2, 1.2].map((divisor) => ({
      faults: faults.map((fault) => ({ ...fault, step: Math.floor(fault.step / divisor) })),
    })),
    ...(members > 1 ? [{ members: members - 1 }] : []),
    ...(partitions > 1 ? [{ partitions: 1 }] : []),
    ...(view === 'run' ? [] : [{ view: 'run' } as const]),
    ...(service.slowness > 0 ? [{ service: { ...service, slowness: 0 } }] : []),
  ];
}

function sizeOf({ load, faults, members, partitions, view, service }: Plan): number {
  const steps = faults.reduce((sum, { step }) => sum + step, 0);
  return (
    steps + load.length + faults.length + members + partitions + Number(view !== 'run') + Number(service.slowness > 0)
  );
}
