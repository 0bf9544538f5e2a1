import type { Entry, EntryOf } from '../history/entry.ts';

/** How one call of a handler ended; `open`: nothing was heard of it any more. */
const endings = ['settled', 'retried', 'rejected', 'aborted', 'open'] as const;

/** One call of a handler: when it began and ended, its event's key and id, its member, which attempt, and how it ended. */
export type AttemptRow = readonly [
  start: number,
  end: number,
  key: number,
  id: number,
  member: number,
  attempt: number,
  ending: number,
];
/** One send: when it was called and answered; `end` is `null` where it never was. */
export type SendRow = readonly [start: number, end: number | null, key: number, id: number, failed: 0 | 1];
/** A partition in the hands of a member. */
export type HoldRow = readonly [start: number, end: number, member: number, partition: string, isLost: 0 | 1];
export type CommitRow = readonly [at: number, member: number, partition: string, position: string, failed: 0 | 1];
export type LetterRow = readonly [at: number, id: number, code: string];
export type FaultRow = readonly [start: number, end: number, name: string];
export type MarkRow = readonly [at: number, name: string];

/** A history to be drawn: milliseconds from its first entry, and names by their number. */
export interface Timeline {
  readonly ms: number;
  readonly keys: readonly string[];
  readonly members: readonly string[];
  readonly ids: readonly string[];
  readonly attempts: readonly AttemptRow[];
  readonly sends: readonly SendRow[];
  readonly holds: readonly HoldRow[];
  readonly commits: readonly CommitRow[];
  readonly letters: readonly LetterRow[];
  readonly faults: readonly FaultRow[];
  readonly marks: readonly MarkRow[];
  /** How many entries of the history are not in it, because it is bounded. */
  readonly left: number;
}

/** So many entries are drawn; a scenario under load has some tens of thousands. */
const maxEntries = 60_000;

/** What a person can follow of a history: pure. */
export function timelineOf(history: readonly Entry[]): Timeline {
  const entries = history.slice(0, maxEntries);
  const from = entries[0]?.at ?? 0;
  const ms = (entries.at(-1)?.at ?? from) - from;
  const at = (entry: Entry): number => round(entry.at - from);
  const [keys, members, ids] = [new Names(), new Names(), new Names()];
  const codes = new Codes(keys, members, ids, at, round(ms));
  for (const entry of entries) codes.add(entry);
  return {
    ms: round(ms),
    ...codes.rows(),
    keys: keys.names,
    members: members.names,
    ids: ids.names,
    left: history.length - entries.length,
  };
}

/** Names, each by the number of its first appearance. */
class Names {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.#numbers.set(name, number);
    }
    return number;
  }
}

type Rows = {
  -readonly [
    Name in 'attempts' | 'sends' | 'holds' | 'commits' | 'letters' | 'faults' | 'marks'
  ]: Timeline[Name][number][];
};

class Codes {
  readonly #rows: Rows = { attempts: [], sends: [], holds: [], commits: [], letters: [], faults: [], marks: [] };
  readonly #calls = new Map<string, EntryOf<'deliver'>>();
  readonly #sends = new Map<string, EntryOf<'send'>>();
  readonly #holds = new Map<number, EntryOf<'assign'>>();
  readonly #faults = new Map<string, Entry>();
  readonly #keys: Names;
  readonly #members: Names;
  readonly #ids: Names;
  readonly #at: (entry: Entry) => number;
  readonly #end: number;

  constructor(keys: Names, members: Names, ids: Names, at: (entry: Entry) => number, end: number) {
    this.#keys = keys;
    this.#members = members;
    this.#ids = ids;
    this.#at = at;
    this.#end = end;
  }

  add(entry: Entry): void {
    switch (entry.kind) {
      case 'send':
        this.#sends.set(entry.id, entry);
        break;
      case 'sent':
      case 'send-failed':
        this.#sent(entry.id, this.#at(entry), entry.kind === 'sent' ? 0 : 1);
        break;
      case 'deliver':
        this.#calls.set(callOf(entry), entry);
        break;
      case 'settle':
        this.#ended(entry, entry.result === 'ok' ? 'settled' : entry.result === 'retry' ? 'retried' : 'rejected');
        break;
      case 'aborted':
        this.#ended(entry, 'aborted');
        break;
      case 'assign':
        this.#holds.set(entry.assignment, entry);
        break;
      case 'revoke':
      case 'lost':
        this.#released(entry.assignment, this.#at(entry), entry.kind === 'lost' ? 1 : 0);
        break;
      case 'commit':
        this.#commit(entry, entry.position, 0);
        break;
      case 'commit-failed':
        this.#commit(entry, entry.position ?? '', 1);
        break;
      case 'dead':
        this.#rows.letters.push([this.#at(entry), this.#ids.of(entry.id), entry.code]);
        break;
      case 'fault':
        if (entry.edge === 'start') this.#faults.set(entry.name, entry);
        else this.#healed(entry.name, this.#at(entry));
        break;
      case 'mark':
        this.#rows.marks.push([this.#at(entry), entry.name]);
        break;
      case 'doubt':
      case 'read':
      case 'told':
      case 'stored':
      case 'broken':
      case 'closed':
        break;
    }
  }

  /** All rows; what has no end yet lasts as long as the history. */
  rows(): Rows {
    for (const [id] of this.#sends) this.#sent(id, null, 0);
    for (const call of this.#calls.values()) this.#ended(call, 'open', this.#end);
    for (const [assignment] of this.#holds) this.#released(assignment, this.#end, 0);
    for (const [name] of this.#faults) this.#healed(name, this.#end);
    return this.#rows;
  }

  #sent(id: string, end: number | null, failed: 0 | 1): void {
    const send = this.#sends.get(id);
    if (send === undefined) return;
    this.#sends.delete(id);
    this.#rows.sends.push([this.#at(send), end, this.#keys.of(shownKey(send.key)), this.#ids.of(id), failed]);
  }

  #ended(
    entry: EntryOf<'aborted' | 'deliver' | 'settle'>,
    ending: (typeof endings)[number],
    end = this.#at(entry),
  ): void {
    const call = this.#calls.get(callOf(entry));
    if (call === undefined) return;
    this.#calls.delete(callOf(entry));
    const member = this.#members.of(memberOf(call));
    const [key, id] = [this.#keys.of(shownKey(call.key)), this.#ids.of(call.id)];
    this.#rows.attempts.push([this.#at(call), end, key, id, member, call.attempt, endings.indexOf(ending)]);
  }

  #released(assignment: number, end: number, isLost: 0 | 1): void {
    const hold = this.#holds.get(assignment);
    if (hold === undefined) return;
    this.#holds.delete(assignment);
    this.#rows.holds.push([this.#at(hold), end, this.#members.of(memberOf(hold)), hold.partition, isLost]);
  }

  #commit(entry: EntryOf<'commit' | 'commit-failed'>, position: string, failed: 0 | 1): void {
    this.#rows.commits.push([this.#at(entry), this.#members.of(memberOf(entry)), entry.partition, position, failed]);
  }

  #healed(name: string, end: number): void {
    const start = this.#faults.get(name);
    if (start === undefined) return;
    this.#faults.delete(name);
    this.#rows.faults.push([this.#at(start), end, name]);
  }
}

function callOf({ assignment, id, attempt }: EntryOf<'aborted' | 'deliver' | 'settle'>): string {
  return `${assignment}\n${id}\n${attempt}`;
}

/** Members of two groups may share a name. */
function memberOf({ member, group }: { readonly member: string; readonly group: string }): string {
  return `${group} ${member}`;
}

function shownKey(key: string | null): string {
  return key ?? '(no key)';
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
