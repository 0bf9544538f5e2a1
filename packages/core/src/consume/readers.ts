import type { ReadResult } from '../contract/source.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { Turns } from '../time/turns.ts';
import type { LaneState } from './lane-state.ts';

interface ReadersParts {
  readonly maxSpan: number;
  readonly turns: Turns;
  readonly lanes: () => Iterable<LaneState>;
  /** What was read is enough for now: a busy consumer reads in bulk. */
  readonly rests: () => boolean;
  readonly received: (state: LaneState, result: ReadResult) => void;
  readonly fail: (error: StreamError) => void;
}

/** The read loops of all lanes. They change nothing themselves: what they read is a message to the engine. */
export class Readers {
  readonly #parts: ReadersParts;

  constructor(parts: ReadersParts) {
    this.#parts = parts;
  }

  /** Reads while there is room, until the lane ends or is not read any more. */
  async read(state: LaneState): Promise<void> {
    while (state.status === 'active' && !state.ended) {
      if (!this.#mayRead(state)) {
        await new Promise<void>((resolve) => (state.wake = resolve));
        continue;
      }
      try {
        // Where every read is answered at once nothing else would have a turn.
        if (this.#parts.turns.isOver) await this.#parts.turns.pause();
        const result = await state.lane.read(state.room, state.reading.signal);
        // What comes after the drain began was never started: it belongs to the next owner.
        if (state.status === 'active') this.#parts.received(state, result);
        else if (state.status === 'draining') release(state, result);
      } catch (thrown) {
        if (state.status !== 'active') return;
        const error = StreamError.from(thrown, 'consumer');
        // Whoever lost the lane is told by the source; until then there is nothing to read.
        if (error.code === 'lease-lost') return;
        this.#parts.fail(error);
        return;
      } finally {
        // Other lanes may sleep because of the room that this one had taken, or waited for.
        if (state.room.endRead()) this.wake();
      }
    }
  }

  /** Lanes that found no room read again, if there is some. */
  wake(): void {
    if (this.#parts.rests()) return;
    // The lane that holds least comes first: else the few keys of one lane fill the room that all others need.
    const waiting = [...this.#parts.lanes()].filter((state) => state.wake !== undefined && this.#mayRead(state));
    for (const state of waiting.toSorted((a, b) => a.watermark.unsettled - b.watermark.unsettled)) {
      const { wake } = state;
      state.wake = undefined;
      wake?.();
    }
  }

  #mayRead(state: LaneState): boolean {
    return state.room.isOpen && state.hasSpan(this.#parts.maxSpan);
  }
}

function release({ lane, settlement }: LaneState, result: ReadResult): void {
  if (settlement === 'individual' && result !== 'end' && !('gap' in result)) lane.release?.(result);
}
