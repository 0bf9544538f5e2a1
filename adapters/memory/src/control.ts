import { type Duration, type ErrorCode, type Outcome, toMilliseconds } from '@isostream/core/adapter';
import type { MemoryBroker } from './service/broker.ts';
import type { Fault } from './service/faults.ts';
import type { Member } from './service/group.ts';

/** Where a fault bites; anywhere if nothing is said. */
export interface FaultScope {
  readonly topic?: string;
  /** So often, then no more. Default without end. */
  readonly times?: number;
}

/**
 * What can go wrong, on demand: for tests of services and of isostream itself.
 * Every fault counts its hits, so that a test can assert that it bit, and is undone by `undo()` or `using`.
 */
export class MemoryControl {
  readonly #broker: MemoryBroker;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  /** Writes fail. By default with `unavailable`, nothing stored. */
  failWrites(options: FaultScope & { readonly code?: ErrorCode; readonly outcome?: Outcome } = {}): Fault {
    const { code = 'unavailable', outcome = 'not-written' } = options;
    return this.#broker.faults.add({ operation: 'write', ...scope(options), effect: { kind: 'fail', code, outcome } });
  }

  /** Writes are stored, and their answer is lost: the producer sees a timeout. */
  loseAnswers(options: FaultScope = {}): Fault {
    return this.#broker.faults.add({ operation: 'write', ...scope(options), effect: { kind: 'lose-answer' } });
  }

  /** Commits fail. By default with `unavailable`. */
  failCommits(options: FaultScope & { readonly group?: string; readonly code?: ErrorCode } = {}): Fault {
    const effect = { kind: 'fail', code: options.code ?? 'unavailable', outcome: 'not-written' } as const;
    return this.#broker.faults.add({ operation: 'commit', ...scope(options), ...group(options), effect });
  }

  /** Each operation takes longer. */
  delay(
    operation: 'write' | 'read' | 'commit',
    by: Duration,
    options: FaultScope & { readonly group?: string } = {},
  ): Fault {
    const ms = toMilliseconds(by, 'delay');
    return this.#broker.faults.add({ operation, ...scope(options), ...group(options), effect: { kind: 'delay', ms } });
  }

  /** Every partition of the group is handed over once, with a drain. Returns how many. Throws `unknown-topic`. */
  rebalance(topic: string, groupName: string): number {
    return this.#broker.topic(topic).findGroup(groupName)?.disturb() ?? 0;
  }

  /** The owner loses the partition at once, without a drain. `false` if nobody owned it. Throws `unknown-topic`. */
  loseOwnership(topic: string, groupName: string, partition: string): boolean {
    return this.#broker.topic(topic).findGroup(groupName)?.takeAway(partition) ?? false;
  }

  /** Cuts members of this client id off until undone; longer than a session and they become zombies. Throws `unknown-topic`. */
  stall(topic: string, groupName: string, clientId: string): Fault {
    const members = this.#broker.topic(topic).findGroup(groupName)?.everyMember ?? [];
    return stalled(members.filter((member) => member.clientId === clientId));
  }

  /**
   * Cuts everybody off until undone: all members of all groups, as `stall` does one, and whoever writes, with an unknown
   * outcome. Whoever connects, joins, or asks for anything else meanwhile fails with `unavailable`. `hits` counts the members.
   */
  isolate(): Fault {
    const topics = this.#broker.topicNames.map((name) => this.#broker.topic(name));
    const groups = topics.flatMap((topic) => topic.groupNames.flatMap((name) => topic.findGroup(name) ?? []));
    const members = stalled(groups.flatMap(({ everyMember }) => everyMember));
    const writes = this.failWrites({ outcome: 'unknown' });
    const comeBack = this.#broker.goAway();
    const undo = (): void => {
      comeBack();
      writes.undo();
      members.undo();
    };
    return { hits: members.hits, undo, [Symbol.dispose]: undo };
  }

  /** Retention removes every event before a position. Throws `unknown-topic`. */
  trim(topic: string, partition: string, before: string): void {
    this.#broker.topic(topic).log(partition).trim(Number(before));
  }

  /** Compaction runs now, whatever the topic declares. Throws `unknown-topic`. */
  compact(topic: string): void {
    for (const log of this.#broker.topic(topic).logs) log.compact();
  }
}

function stalled(members: readonly Member[]): Fault {
  const ends = members.map((member) => member.stall());
  const undo = (): void => {
    for (const end of ends.splice(0)) end();
  };
  return { hits: ends.length, undo, [Symbol.dispose]: undo };
}

function scope({ topic, times = Infinity }: FaultScope): { readonly topic?: string; readonly times: number } {
  return topic === undefined ? { times } : { topic, times };
}

function group(options: { readonly group?: string }): { readonly group?: string } {
  return options.group === undefined ? {} : { group: options.group };
}
