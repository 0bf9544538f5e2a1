import { type Call, type Check, type Entry, tell } from '@isostream/conformance/checks';
import { drainMark, handedOver, pauseOf } from './marks.ts';

export interface Policy {
  readonly concurrency: number;
  readonly attempts: number;
  readonly initialMs: number;
  readonly maxMs: number;
  /** `onFailure: 'skip'`. */
  readonly skips: boolean;
  /** What an event must not run beside; `undefined` for what may run at any time. */
  readonly slotOf: (place: string) => string | undefined;
}

/** An event that core holds. `hopeless`: its letter is awaited, or was written and core may not know it yet. */
interface Held {
  readonly slot: string | undefined;
  state: 'free' | 'running' | 'waiting' | 'hopeless';
  /** The end of its backoff. */
  dueAt: number;
}

interface HeldAssignment {
  readonly member: Member;
  readonly held: Map<string, Held>;
  isOpen: boolean;
}

interface Member {
  readonly name: string;
  readonly assignments: Set<HeldAssignment>;
  /** Calls under way, under whatever assignment, by the slot of each. */
  readonly running: Map<string, string | undefined>;
  isPaused: boolean;
}

/** A millisecond for the rounding of times. */
const rounding = 1;

/**
 * KEYS-PARALLEL, RETRY: while a member has a handler's place free, no event that may run waits: one whose predecessors in its
 * slot are settled, and whose backoff is over. An event that waits for its next attempt takes no place.
 * Of a history by place, with handlers that are called as soon as events are handed out.
 */
export function nothingWaitsForNobody(policy: Policy): Check {
  return (entries) => {
    const judge = new Judge(policy);
    for (const entry of entries) judge.add(entry);
    return tell('events that waited though a handler was free', [...judge.wrong]);
  };
}

class Judge {
  readonly wrong = new Set<string>();
  readonly #policy: Policy;
  readonly #members = new Map<string, Member>();
  readonly #assignments = new Map<number, HeldAssignment>();
  readonly #drains = new Map<string, HeldAssignment>();
  #now = 0;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  add(entry: Entry): void {
    if (entry.at > this.#now + rounding) for (const member of this.#members.values()) this.#look(member, entry.at);
    this.#now = entry.at;
    if (entry.kind === 'assign') this.#assign(entry.member, entry.assignment);
    else if (entry.kind === 'revoke' || entry.kind === 'lost') this.#close(this.#assignments.get(entry.assignment));
    else if (entry.kind === 'deliver') this.#begin(entry);
    else if (entry.kind === 'settle') this.#end(entry, entry.result);
    else if (entry.kind === 'mark') this.#mark(entry.name);
  }

  /** Nothing happened until `until`: whatever could have started since had its time. */
  #look(member: Member, until: number): void {
    if (member.isPaused || member.running.size >= this.#policy.concurrency) return;
    const taken = new Set<string | undefined>(member.running.values());
    // Of a former assignment core may not know that it ended, or waits for a letter: its events keep their slots.
    for (const { isOpen, held } of member.assignments)
      if (!isOpen) for (const { slot } of held.values()) taken.add(slot);
    for (const { isOpen, held } of member.assignments) {
      if (!isOpen) continue;
      for (const [place, { slot, state, dueAt }] of held) {
        const isFree = slot === undefined || !taken.has(slot);
        if (isFree && (state === 'free' || (state === 'waiting' && dueAt + rounding < until)))
          this.wrong.add(`${place} at ${member.name} after ${this.#now.toFixed(0)}`);
        taken.add(slot);
      }
    }
  }

  #assign(name: string, number: number): void {
    const member = this.#member(name);
    const assignment = { member, held: new Map<string, Held>(), isOpen: true };
    member.assignments.add(assignment);
    this.#assignments.set(number, assignment);
    this.#drains.set(drainMark(number), assignment);
  }

  #member(name: string): Member {
    const member = this.#members.get(name) ?? { name, assignments: new Set(), running: new Map(), isPaused: false };
    this.#members.set(name, member);
    return member;
  }

  #close(assignment: HeldAssignment | undefined): void {
    if (assignment !== undefined) assignment.isOpen = false;
  }

  #mark(name: string): void {
    this.#close(this.#drains.get(name));
    const pause = pauseOf(name);
    if (pause !== undefined) this.#member(pause.member).isPaused = pause.isPaused;
    const handed = handedOver(name);
    const assignment = handed === undefined ? undefined : this.#assignments.get(handed.assignment);
    for (const place of handed?.places ?? [])
      assignment?.held.set(place, { slot: this.#policy.slotOf(place), state: 'free', dueAt: 0 });
  }

  #begin(call: Call): void {
    const assignment = this.#assignments.get(call.assignment);
    const held = assignment?.held.get(call.id);
    if (assignment === undefined || held === undefined) return;
    assignment.member.running.set(nameOf(call), held.slot);
    held.state = 'running';
    if (held.slot === undefined) return;
    // Whatever was before it in its slot is settled, as core knows by now.
    for (const [place, other] of assignment.held)
      if (other.state === 'hopeless' && other.slot === held.slot) assignment.held.delete(place);
  }

  #end(call: Call, result: 'ok' | 'retry' | 'reject'): void {
    const { attempts, initialMs, maxMs, skips } = this.#policy;
    const assignment = this.#assignments.get(call.assignment);
    const held = assignment?.held.get(call.id);
    if (assignment === undefined || held === undefined) return;
    assignment.member.running.delete(nameOf(call));
    const isHopeless = result === 'reject' || call.attempt >= attempts;
    if (result === 'ok' || (isHopeless && skips)) assignment.held.delete(call.id);
    else if (isHopeless) held.state = 'hopeless';
    else {
      held.state = 'waiting';
      held.dueAt = this.#now + Math.min(maxMs, initialMs * 2 ** (call.attempt - 1));
    }
  }
}

function nameOf({ assignment, id, attempt }: Call): string {
  return `${assignment} ${id} ${attempt}`;
}
