import { eventName } from '../codec/event-name.ts';
import type { Gap } from '../contract/source.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { Position } from '../model/encoded.ts';
import { observe, type Attempt, type Observations, type Ownership } from '../observe/channels.ts';
import { failureError } from '../retry/policy.ts';
import type { Clock } from '../time/clock.ts';
import type { Holding, Task } from './task.ts';

const assigned = observe('consume:assigned');
const revoked = observe('consume:revoked');
const lost = observe('consume:lost');
const gapSeen = observe('consume:gap');
const attempted = observe('consume:attempt');
const retried = observe('consume:retry');
const settled = observe('consume:settled');
const givenUp = observe('consume:given-up');
const letterFailed = observe('consume:dead-letter-failed');
const committed = observe('consume:commit');
const commitFailed = observe('consume:commit-failed');

type Failed = Exclude<Observations['consume:attempt']['result'], 'ok'>;

/** Tells whoever listens what a consumer does. What is told is made only when somebody does. */
export class Observer {
  readonly #who: Pick<Ownership, 'topic' | 'group' | 'member'>;
  readonly #clock: Clock;

  constructor({ topic, group, member }: Pick<Ownership, 'topic' | 'group' | 'member'>, clock: Clock) {
    this.#who = { topic, group, member };
    this.#clock = clock;
  }

  assigned(assignment: Holding): void {
    if (assigned.hasSubscribers) assigned.publish(this.#ownership(assignment));
  }

  revoked(assignment: Holding): void {
    if (revoked.hasSubscribers) revoked.publish(this.#ownership(assignment));
  }

  lost(assignment: Holding, error: StreamError): void {
    if (lost.hasSubscribers) lost.publish({ ...this.#ownership(assignment), error });
  }

  gap(assignment: Holding, { missing, from, to }: Gap): void {
    if (gapSeen.hasSubscribers) gapSeen.publish({ ...this.#ownership(assignment), missing, from, to });
  }

  committed(assignment: Holding, position: Position): void {
    if (committed.hasSubscribers) committed.publish({ ...this.#ownership(assignment), position });
  }

  commitFailed(assignment: Holding, error: StreamError): void {
    if (commitFailed.hasSubscribers) commitFailed.publish({ ...this.#ownership(assignment), error });
  }

  succeeded(task: Task): void {
    if (!attempted.hasSubscribers) return;
    const { topic, group } = this.#who;
    attempted.publish({ topic, group, result: 'ok', ms: this.#times(task).ms });
  }

  failed(task: Task, result: Failed, failure: unknown): void {
    if (!attempted.hasSubscribers) return;
    const { topic, group } = this.#who;
    attempted.publish({ topic, group, result, ms: this.#times(task).ms, code: failureError(failure).code });
  }

  retried(task: Task, delayMs: number, error: unknown): void {
    if (!retried.hasSubscribers) return;
    const { code, message } = failureError(error);
    retried.publish({ ...this.#describe(task), delayMs, ms: this.#times(task).ms, code, message, error });
  }

  settled(task: Task, result: 'ok' | 'dead-letter' | 'skip', error: StreamError | undefined): void {
    const isGivenUp = result !== 'ok' && givenUp.hasSubscribers;
    if (!settled.hasSubscribers && !isGivenUp) return;
    const told = { ...this.#describe(task), ...this.#times(task), ...(error === undefined ? {} : { error }) };
    settled.publish({ ...told, result });
    if (result !== 'ok') givenUp.publish({ ...told, result });
  }

  letterFailed(task: Task, error: StreamError): void {
    if (letterFailed.hasSubscribers) letterFailed.publish({ ...this.#describe(task), error });
  }

  #times(task: Task): ReturnType<Task['times']> {
    return task.times(this.#clock.monotonic());
  }

  #ownership({ partition, number: assignment }: Holding): Ownership {
    return { ...this.#who, partition, assignment };
  }

  #describe({ stored, assignment, attempts }: Task): Attempt {
    const { position, key } = stored;
    return { ...this.#ownership(assignment), position, key, ...eventName(stored), attempt: attempts };
  }
}
