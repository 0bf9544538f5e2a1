import { setTimeout as sleep } from 'node:timers/promises';
import { below, type Entry, History, now, seededFor } from '@isostream/conformance/checks';
import { openAdapter } from '@isostream/core/adapter';
import type { Harness } from '@isostream/conformance';
import type { Client, Service, Subject } from '../subject.ts';
import type { Failing } from './handler.ts';
import { inTurn } from './in-turn.ts';
import { type Member, memberInside, MemberProcess } from './member.ts';

export interface LoadPlan {
  readonly events: number;
  readonly perSecond: number;
  /** Goes on beyond `events` for as long as this says so. */
  readonly goOn?: () => boolean;
  /** Sends of a key do not wait for each other. Default: each waits until the one before it is answered. */
  readonly isImpatient?: boolean;
}

const partitions = 4;
const keys = 40;
/** No wait takes longer: a load may go on for as long as something is waited for. */
const longestWaitMs = 60_000;
/** Unanswered sends at most. */
const windowSize = 500;
let stages = 0;

/** What one scenario on one client needs: names of its own, members, load, a history, and an end to all of it. */
export class Stage {
  readonly history: History = new History();
  /** What went wrong beside the history: errors nobody handled, members that ended, commands that hung. */
  readonly errors: string[] = [];
  /** A wait ended because it had lasted too long, and not because nothing happened any more. */
  isStillAtWork = false;
  /** The first different reasons for which sends failed. */
  readonly sendErrors: Set<string> = new Set();
  readonly harness: Harness;
  readonly topic: string;
  /** Of this scenario alone: clients of one group have to be of one kind. */
  readonly group: string;
  readonly #subject: Subject;
  readonly #service: Service;
  readonly #seed: number;
  readonly #members: Member[] = [];
  readonly #sequences = new Map<string, number>();
  #sender: Client | undefined;
  #sent = 0;

  constructor(subject: Subject, harness: Harness, service: Service, seed: number) {
    this.#subject = subject;
    this.harness = harness;
    this.#service = service;
    this.#seed = seed;
    this.topic = `x${process.pid.toString(36)}-${++stages}-${seed.toString(36)}`;
    this.group = `${this.topic}-g`;
  }

  async open(): Promise<void> {
    const adapter = openAdapter(this.#service.createAdapter('setup'));
    await adapter.admin.createTopic(this.topic, { partitions });
    await adapter.close();
    await this.#subject.prepare?.(this.#service, this.topic, this.group);
    this.#sender = await this.#subject.open(this.#service, 'sender');
  }

  /** A member that expects events. */
  async member({
    busyMs = 4,
    failing,
  }: { readonly busyMs?: number; readonly failing?: Failing } = {}): Promise<Member> {
    const number = this.#members.length + 1;
    const handler = {
      topic: this.topic,
      group: this.group,
      member: `m${number}`,
      assignment: Math.floor(now() * 1_000),
      seed: this.#seed,
      busyMs,
      ...(failing === undefined ? {} : { failing }),
    };
    const died = (why: string): void => void this.errors.push(why);
    const { worker } = this.harness;
    let member: Member;
    if (worker === undefined)
      member = await memberInside(this.#subject, this.#service, { partitions, handler }, this.history, died);
    else {
      const { module, settings } = worker;
      const process = new MemberProcess(
        { subject: this.#subject.name, module, settings, partitions, handler },
        this.history,
        died,
      );
      member = process;
      this.#members.push(member);
      await process.ready;
      return member;
    }
    this.#members.push(member);
    return member;
  }

  /** Sends numbered events; resolves when each is answered. */
  async load({ events, perSecond, goOn = () => false, isImpatient = false }: LoadPlan): Promise<void> {
    const random = seededFor(this.#seed, 'load');
    const pending = new Set<Promise<void>>();
    const turns = inTurn();
    const start = now();
    for (let count = 0; count < events || goOn(); count++) {
      const key = `k${below(random, keys)}`;
      const seq = this.#sequences.get(key) ?? 0;
      this.#sequences.set(key, seq + 1);
      const send = (): Promise<void> => this.#send(key, seq);
      const sending = (isImpatient ? send() : turns(this.#subject.sendsOneByOne === true ? 'all' : key, send)).finally(
        () => pending.delete(sending),
      );
      pending.add(sending);
      const wait = (count / perSecond) * 1_000 - (now() - start);
      if (wait > 0) await sleep(wait);
      while (pending.size >= windowSize) await Promise.race(pending);
    }
    await Promise.all(pending);
  }

  async #send(key: string, seq: number): Promise<void> {
    const { topic } = this;
    const id = `${key}#${seq}`;
    this.#sent++;
    this.history.record({ kind: 'send', topic, id, key, seq, sender: 'sender' });
    try {
      await this.#sender?.send(topic, { id, key, seq });
      this.history.record({ kind: 'sent', topic, id, partition: undefined, position: undefined });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.sendErrors.size < 3) this.sendErrors.add(why);
      this.history.record({ kind: 'send-failed', topic, id, code: 'unavailable', outcome: 'unknown' });
    }
  }

  /** Waits; gives up when nothing was sent or handled for as long as the service may be silent, or after a minute. */
  async until(condition: () => boolean): Promise<boolean> {
    let progress = 0;
    const start = now();
    let since = start;
    while (!condition()) {
      const made = this.#progress();
      if (made > progress) {
        progress = made;
        since = now();
      }
      if (now() - since > this.harness.quietMs) return false;
      if (now() - start > longestWaitMs) {
        this.isStillAtWork = true;
        return false;
      }
      await sleep(10);
    }
    return true;
  }

  #progress(): number {
    return (
      new Set(this.entriesOf('settle').flatMap(({ id, result }) => (result === 'ok' ? [id] : []))).size + this.#sent
    );
  }

  /** Every acknowledged event was handled; `isLeft`: those that are not waited for. */
  untilHandled(isLeft: (id: string) => boolean = () => false): Promise<boolean> {
    return this.until(() => {
      const handled = new Set(this.entriesOf('settle').flatMap(({ id, result }) => (result === 'ok' ? [id] : [])));
      return this.entriesOf('sent').every(({ id }) => handled.has(id) || isLeft(id));
    });
  }

  untilDelivered(count: number, member?: Member): Promise<boolean> {
    return this.until(() => this.deliveries(member?.name) >= count);
  }

  deliveries(member?: string): number {
    return this.entriesOf('deliver').filter((entry) => member === undefined || entry.member === member).length;
  }

  entriesOf<Kind extends Entry['kind']>(kind: Kind): readonly Extract<Entry, { readonly kind: Kind }>[] {
    return this.history.of(kind);
  }

  /** Records the stretch in which something is broken. */
  async during(work: () => Promise<void>): Promise<void> {
    this.history.record({ kind: 'fault', name: 'fault', edge: 'start' });
    await work();
    this.history.record({ kind: 'fault', name: 'fault', edge: 'end' });
  }

  pause(ms: number): Promise<void> {
    return sleep(ms);
  }

  async close(): Promise<void> {
    for (const member of this.#members) if (member instanceof MemberProcess) await member.crash();
    await this.#sender?.close().catch((error: unknown) => this.errors.push(`sender: ${String(error)}`));
    await this.#subject.clearUp?.(this.#service, this.topic, this.group);
    const adapter = openAdapter(this.#service.createAdapter('cleanup'));
    await adapter.admin.deleteTopic(this.topic).catch(() => undefined);
    await adapter.close();
  }
}
