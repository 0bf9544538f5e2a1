import {
  type BatchResult,
  CollectedPage,
  keyId,
  type Assignment,
  type LaneBatch,
  type Sink,
  type StoredEvent,
  StreamError,
} from '@isostream/core/adapter';
import { type AssignmentChanges, readSeen, rearranged, withAssignments } from './distort-assignments.ts';
import { assignments, sinks } from './distortion.ts';
import type { Mutant } from './mutant.ts';

/** What adapters can do wrong whose events are settled one by one. */
export const individualMutants: readonly Mutant[] = [
  {
    name: 'refuses-what-it-hands-back',
    defect: 'hands events back by a refusal, which puts them behind the rest of their key',
    noticedBy: ['groups/a-group-resumes: order per key'],
    distort() {
      const handedOut = new Set<string>();
      return assignments((assignment, { topic }) => ({
        read: rearranged(assignment, (events) => {
          const isBack = ({ position }: StoredEvent): boolean => handedOut.has(`${topic}/${position}`);
          const page = [...events.filter((event) => !isBack(event)), ...events.filter(isBack)];
          for (const { position } of events) handedOut.add(`${topic}/${position}`);
          return page;
        }),
      }));
    },
  },
  {
    name: 'settles-out-of-order',
    defect: 'tells the service of the second event of a key before the first',
    noticedBy: [
      'no-loss/nothing-unsettled-is-committed: all delivered',
      'no-loss/nothing-unsettled-is-committed: monotonic commits',
    ],
    distort: () => assignments(settledOutOfOrder),
  },
  {
    name: 'settles-before-the-handler',
    defect: 'tells the service of what it read before anybody handled it',
    noticedBy: ['no-loss/all-is-handled-once-and-in-order: contiguous commits'],
    distort: () =>
      assignments((assignment) => ({
        async read(page, signal) {
          const events = await readSeen(assignment, page, signal);
          if (events.length > 0) await assignment.settle?.(events);
        },
        settle: async () => undefined,
      })),
  },
  {
    name: 'forgets-to-settle',
    defect: 'tells the service of nothing',
    noticedBy: ['groups/a-group-resumes: resumes with what was not settled', 'groups/a-group-resumes: exactly once'],
    distort: () => assignments(() => ({ settle: async () => undefined })),
  },
  {
    name: 'cancelled-pull-swallows',
    defect: 'cancels a pull that still brings an event, and nobody hands that back',
    noticedBy: ['close/a-member-closes: nobody waits for the session'],
    distort: ({ sessionTimeoutMs }) => ({
      adapter: (adapter) =>
        withAssignments(adapter, (assignment, subscription) => {
          let isListening = false;
          // Who pulls for a member that is not there any more.
          const swallow = (): void => {
            const over = new AbortController();
            const source = adapter.createSource({ ...subscription, clientId: `${subscription.clientId} cancelled` });
            const page = new CollectedPage({ events: 1 });
            const assigned = (ghost: Assignment): void => void ghost.read(page, over.signal);
            const listener = { assigned, revoking: async () => undefined, lost: () => undefined };
            // The topic may be gone before it ends.
            source.run(listener, over.signal).catch(() => undefined);
            setTimeout(() => over.abort(), sessionTimeoutMs * 2);
          };
          return {
            read(page, signal) {
              if (!isListening) signal.addEventListener('abort', swallow, { once: true });
              isListening = true;
              return assignment.read(page, signal);
            },
          };
        }),
    }),
  },
  {
    name: 'two-requests-of-a-key',
    defect: 'writes two requests of a key at once, of which the first arrives last',
    noticedBy: [
      'no-loss/all-is-handled-once-and-in-order: order per key',
      'no-loss/all-is-handled-once-and-in-order: after predecessors',
    ],
    distort: () => sinks((sink) => ({ write: inTwo(sink) })),
  },
  {
    name: 'mixed-keys-in-a-request',
    defect: 'writes events of several keys in one request, which the service refuses',
    noticedBy: ['close/a-producer-closes: nothing failed'],
    distort: () => sinks(() => ({ lane: () => 'all' })),
  },
];

/** For so long an event waits for the next one of its key: a service may hold that back until all before it are settled. */
const heldBackMs = 100;

/** Holds the first event of each pair back until the second was told. */
function settledOutOfOrder(assignment: Assignment): AssignmentChanges {
  const late = new Map<string, StoredEvent>();
  const tellAlone = (key: string, event: StoredEvent): void => {
    if (late.get(key) !== event) return;
    late.delete(key);
    assignment.settle?.([event]).catch(() => undefined);
  };
  return {
    settle(events) {
      const told = events.flatMap((event) => {
        const key = keyId(event.key);
        if (key === undefined) return [event];
        const before = late.get(key);
        if (before === undefined) {
          late.set(key, event);
          setTimeout(() => tellAlone(key, event), heldBackMs);
          return [];
        }
        late.delete(key);
        return [event, before];
      });
      return told.length === 0 ? Promise.resolve() : assignment.settle?.(told);
    },
  };
}

function inTwo(sink: Sink): Sink['write'] {
  const writeOne = async (route: string, batch: LaneBatch, signal: AbortSignal): Promise<BatchResult> => {
    const middle = batch.events.length >> 1;
    const send = async (events: LaneBatch['events']): Promise<BatchResult> => {
      const [result] = events.length === 0 ? [[]] : await sink.write(route, [{ lane: batch.lane, events }], signal);
      return result ?? [];
    };
    const first = new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() =>
      send(batch.events.slice(0, middle)),
    );
    const [before, after] = await Promise.all([first, send(batch.events.slice(middle))]);
    if (StreamError.is(before)) return before;
    return StreamError.is(after) ? after : [...before, ...after];
  };
  return (route, batches, signal) => Promise.all(batches.map((batch) => writeOne(route, batch, signal)));
}
