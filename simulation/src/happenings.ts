import { type Entry, ofKind } from '@isostream/conformance/checks';
import { gracefulMark, handedOver, leftMark, restartMark, threwMark, timedOutMark } from './marks.ts';
import type { Plan } from './plan.ts';
import { expiredCode } from './service.ts';
import { reachesSpan } from './span.ts';
import { byPlace } from './views.ts';
import type { Outcome } from './world.ts';

/** What a history must have in a good share of all seeds, lest they prove nothing. */
export function happenings(plan: Plan, outcome: Outcome): ReadonlySet<string> {
  return new Set([
    ...settings(plan),
    ...outcome.entries.flatMap((entry) => ofEntry(entry, plan)),
    ...repeats(outcome.entries),
    ...handOvers(outcome.entries),
    ...limits(plan, outcome),
  ]);
}

function settings({ view, consumer, service, isKeyed }: Plan): string[] {
  return [
    isKeyed ? 'with keys' : 'without keys',
    `view ${view}`,
    `ordering ${consumer.ordering}`,
    `settlement ${service.settlement}`,
  ];
}

function ofEntry(entry: Entry, { consumer }: Plan): string[] {
  if (entry.kind === 'fault') return [`fault ${entry.name}`];
  if (entry.kind === 'deliver') return entry.attempt > 1 ? ['retried'] : [];
  if (entry.kind === 'dead') return [entry.code === expiredCode ? 'gap' : 'dead letter'];
  if (entry.kind === 'send-failed')
    return [`send failed ${entry.outcome ?? 'without outcome'}`, `send failed as ${entry.code}`];
  if (entry.kind === 'commit-failed') return entry.code === 'lease-lost' ? ['commit fenced'] : [];
  if (entry.kind === 'settle') {
    const isFinal = entry.result === 'reject' || (entry.result === 'retry' && entry.attempt >= attemptsOf(consumer));
    return isFinal ? [`failed permanently, ${consumer.onFailure}`] : [];
  }
  if (entry.kind !== 'mark') return [];
  if (entry.name === restartMark) return ['went on after a restart'];
  if (entry.name.startsWith(timedOutMark(''))) return ['handler timed out'];
  if (entry.name === threwMark || entry.name === leftMark) return [entry.name];
  if (entry.name.startsWith('gap ') && consumer.onExpired === 'stop') return ['stopped at a gap'];
  return entry.name.startsWith('no room ') ? ['room exhausted'] : [];
}

function repeats(entries: readonly Entry[]): string[] {
  const deliveries = ofKind(entries, 'deliver').map((entry) => `${entry.partition}/${entry.position}/${entry.attempt}`);
  return new Set(deliveries).size < deliveries.length ? ['repeated under another assignment'] : [];
}

function handOvers(entries: readonly Entry[]): string[] {
  const revoked = ofKind(entries, 'revoke').map(({ assignment }) => gracefulMark(assignment));
  const graceful = new Set(ofKind(entries, 'mark').map(({ name }) => name));
  return [
    ...(revoked.some((name) => graceful.has(name)) ? ['handed over in time'] : []),
    ...(revoked.some((name) => !graceful.has(name)) ? ['handed over in haste'] : []),
  ];
}

function limits({ consumer, service }: Plan, { entries, contents }: Outcome): string[] {
  const bytes = Number(consumer.maxInFlight?.bytes);
  const handed = ofKind(entries, 'mark').flatMap(({ name }) => handedOver(name)?.places ?? []);
  const isLarge = handed.some((place) => (contents.get(place)?.bytes ?? 0) > bytes);
  const isFull = service.settlement === 'watermark' && reachesSpan(byPlace(entries), consumer.maxSpan ?? 50_000);
  return [...(isLarge ? ['event larger than the room'] : []), ...(isFull ? ['span exhausted'] : [])];
}

function attemptsOf({ retry }: Plan['consumer']): number {
  return retry?.attempts ?? 5;
}
