import type { VolatileMember } from '../faults/member-process.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Stage, VolatileOptions } from '../run/stage.ts';

/** For finding out after a freeze what was lost meanwhile. */
const wakingMs = 50;

/**
 * A member to be frozen in the middle of its work, with handlers of 0 to `busyMs` milliseconds. Where members have no
 * processes of their own, one handler that runs stands still until the member wakes: all would be over by then.
 */
export async function freezable(
  stage: Stage,
  topic: LoadTopic,
  options: VolatileOptions & { readonly busyMs: number },
): Promise<Pick<VolatileMember, 'name' | 'freeze' | 'leave'>> {
  const { worker, stall } = stage.harness;
  if (worker !== undefined) return stage.volatileMember(topic, options);
  const { busyMs, group = 'g', commitInterval = 20 } = options;
  let stop: Promise<void> | undefined;
  const busy = stage.busy(busyMs);
  const { name, consumer } = await stage.member(topic, {
    group,
    commitInterval,
    async handle(event, context) {
      await busy(event, context);
      const awake = stop;
      stop = undefined;
      await awake;
      if (awake !== undefined) await stage.pause(wakingMs);
    },
  });
  return {
    name,
    freeze() {
      const undo = stall?.(topic.name, group, name);
      let wake = (): void => undefined;
      stop = new Promise((resolve) => (wake = resolve));
      return () => {
        undo?.();
        wake();
      };
    },
    leave: () => consumer.close(),
  };
}
