import type {
  Assignment,
  OpenRange,
  EventPage,
  RangeCursor,
  Source,
  SourceListener,
  WatermarkAssignment,
} from '../contract/source.ts';
import { retrying, type Retrying } from '../retry/retrying.ts';
import { untilAborted } from '../time/wait.ts';

type Open = (signal: AbortSignal) => Promise<OpenRange>;

/**
 * Opens a range, as often as it takes until the service answers; `undefined` once aborted, when what was opened late is closed
 * again. From then on its cursors have to get through by themselves.
 */
export async function openRange(
  open: Open,
  options: Omit<Retrying, 'signal'>,
  signal: AbortSignal,
): Promise<OpenRange | undefined> {
  let opening: Promise<OpenRange> | undefined;
  const range = await retrying(() => (opening = open(signal)), { ...options, signal });
  if (range === undefined)
    await opening?.then(
      (late) => late.close(),
      () => undefined,
    );
  return range;
}

/** The cursors that can be read now: those whose predecessors in the range have all ended. Pure. */
export function ready<C extends RangeCursor>(waiting: Iterable<C>, left: ReadonlySet<string>): readonly C[] {
  return [...waiting].filter(({ after = [] }) => !after.some((partition) => left.has(partition)));
}

/** A range as a source: assigns each cursor once what it continues has ended, and ends with the last of them. */
export class RangeSource implements Source {
  readonly #open: Open;
  readonly #options: Omit<Retrying, 'signal'>;

  constructor(open: Open, options: Omit<Retrying, 'signal'>) {
    this.#open = open;
    this.#options = options;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const range = await openRange(this.#open, this.#options, signal);
    if (range === undefined) return;
    try {
      await readThrough(range.cursors, listener, signal);
    } finally {
      await range.close();
    }
  }
}

async function readThrough(
  cursors: readonly RangeCursor[],
  listener: SourceListener,
  signal: AbortSignal,
): Promise<void> {
  const left = new Set(cursors.map(({ partition }) => partition));
  const waiting = new Set(cursors);
  const assigned: Assignment[] = [];
  let isOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (isOver = resolve));
  const assign = (): void => {
    for (const cursor of signal.aborted ? [] : ready(waiting, left)) {
      waiting.delete(cursor);
      const assignment = new RangeAssignment(cursor, () => {
        left.delete(cursor.partition);
        assign();
      });
      assigned.push(assignment);
      listener.assigned(assignment);
    }
    if (left.size === 0) isOver();
  };
  assign();
  // It rejects only with the abort, which is looked at below.
  await untilAborted(over, signal).catch(() => undefined);
  if (signal.aborted) await Promise.all(assigned.map((assignment) => listener.revoking(assignment)));
}

/** A cursor that says when its end was read. There is no group, so nothing of it is ever stored. */
class RangeAssignment implements WatermarkAssignment {
  readonly partition: string;
  readonly fencingToken = undefined;
  readonly #cursor: RangeCursor;
  #ended: (() => void) | undefined;

  constructor(cursor: RangeCursor, ended: () => void) {
    this.partition = cursor.partition;
    this.#cursor = cursor;
    this.#ended = ended;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    let isEnd = false;
    const watched: EventPage = {
      get room() {
        return page.room;
      },
      add: (event) => page.add(event),
      gap: (gap) => page.gap(gap),
      end() {
        isEnd = true;
        page.end();
      },
    };
    await this.#cursor.read(watched, signal);
    if (!isEnd) return;
    this.#ended?.();
    this.#ended = undefined;
  }

  async commit(): Promise<void> {}
}
