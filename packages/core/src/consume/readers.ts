import { StreamError } from '../errors/stream-error.ts';
import type { Turns } from '../time/turns.ts';
import type { HeldAssignment } from './assignment.ts';

interface ReadersParts {
  readonly turns: Turns;
  /** What was read is enough for now: a busy consumer reads in bulk. */
  readonly rests: () => boolean;
  readonly fail: (error: StreamError) => void;
}

/** The read loops of all assignments, and whose turn it is when there is room again. */
export class Readers {
  readonly #parts: ReadersParts;
  /** They wait for room. */
  readonly #waiting = new Set<HeldAssignment>();

  constructor(parts: ReadersParts) {
    this.#parts = parts;
  }

  /** Reads while there is room, until the assignment ends or is not read any more. */
  async read(assignment: HeldAssignment): Promise<void> {
    while (assignment.isReadable) {
      if (!assignment.mayRead) {
        this.#waiting.add(assignment);
        await assignment.untilWoken();
        this.#waiting.delete(assignment);
        continue;
      }
      try {
        // Where every read is answered at once nothing else would have a turn.
        if (this.#parts.turns.isOver) await this.#parts.turns.pause();
        await assignment.read();
        assignment.received();
      } catch (thrown) {
        if (!assignment.isActive) return;
        const error = StreamError.from(thrown, 'consumer');
        // Whoever lost the assignment is told by the source; until then there is nothing to read.
        if (error.code === 'lease-lost') return;
        this.#parts.fail(error);
        return;
      } finally {
        // Others may sleep because of the room that this one had taken, or waited for.
        if (assignment.endRead()) this.wake();
      }
    }
  }

  /** Assignments that found no room read again, if there is some. */
  wake(): void {
    // Asked after every event.
    if (this.#waiting.size === 0 || this.#parts.rests()) return;
    // What holds least comes first: else the few keys of one assignment fill the room that all others need.
    const waiting = [...this.#waiting].filter(({ mayWake }) => mayWake);
    for (const assignment of waiting.toSorted((a, b) => a.unsettled - b.unsettled)) assignment.wake();
  }
}
