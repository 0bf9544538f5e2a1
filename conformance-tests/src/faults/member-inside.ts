import type { Handle } from '../run/recorded-call.ts';
import type { Member } from '../run/stage-options.ts';
import type { VolatileMember } from './member-process.ts';

/** For finding out after a freeze what was lost meanwhile. */
const wakingMs = 50;

/** Handlers of a member in this process, which stop when it is crashed or frozen, as those of a process of its own do. */
export class MortalHandlers {
  readonly handle: Handle;
  #stop: Promise<void> | undefined;

  constructor(handle: Handle) {
    this.handle = async (event, context) => {
      try {
        await handle(event, context);
      } finally {
        // What a dead process was about to do never happens, and what a frozen one was happens when it wakes.
        await this.#stop;
      }
    };
  }

  /** The member that has these handlers; `stall` cuts it off from the service until its result is called. */
  member({ name, consumer }: Member, stall: () => () => void): VolatileMember {
    return {
      name,
      crash: async () => {
        this.#stop = new Promise(() => undefined);
        stall();
      },
      freeze: () => {
        const undo = stall();
        let wake = (): void => undefined;
        this.#stop = new Promise((resolve) => (wake = resolve));
        return () => {
          this.#stop = undefined;
          undo();
          setTimeout(wake, wakingMs);
        };
      },
      cutOff: stall,
      leave: () => consumer.close(),
    };
  }
}
