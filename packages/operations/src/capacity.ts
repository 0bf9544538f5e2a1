import { StreamError } from '@isostream/core';
import type { CapacityDemand, CapacityLimit, CapacityModel, CostDriver } from '@isostream/core/adapter';

/** What is known of the handlers of a group. */
export interface HandlerDemand {
  /** How long one event takes. */
  readonly ms: number;
  /** Handlers of one member at a time. */
  readonly concurrency: number;
}

/** How much of a limit is taken: as many partitions or units as that asks for, or the part of it that one key or topic takes. */
export interface LimitUse extends CapacityLimit {
  /** Partitions or units, rounded up; for a key or a topic the part that is taken, above 1 if it is too much. */
  readonly needs: number;
}

/** What a demand takes on a provider. */
export interface CapacityPlan {
  readonly partition: string | null;
  readonly unit: string | null;
  /** `null` where there are none. */
  readonly partitions: number | null;
  readonly units: number | null;
  /** Handlers that run at a time, and members of each group; `null` where nothing is known of handlers. */
  readonly handlers: number | null;
  readonly members: number | null;
  /** Stored at the end of the retention, one copy. */
  readonly storedBytes: number;
  readonly limits: readonly LimitUse[];
  /** What is reached first as the demand grows, if partitions and units stay as they are. */
  readonly first: string;
  /** What more partitions do not cure. */
  readonly problems: readonly string[];
  readonly costs: readonly (Omit<CostDriver, 'amount'> & { readonly amount: number })[];
  readonly notes: readonly string[];
}

/**
 * Partitions, units and members for a demand, and what limits first: pure. Throws `invalid-config` for a demand that means nothing.
 */
export function planCapacity(model: CapacityModel, demand: CapacityDemand, handler?: HandlerDemand): CapacityPlan {
  checkDemand(demand);
  const free = 1 - demand.headroom;
  const limits = model.limits.map((each) => ({ ...each, needs: needsOf(each, free) }));
  const handlers = handler === undefined ? null : (demand.eventsPerSecond * handler.ms) / 1_000 / free;
  const members =
    handlers === null || handler === undefined ? null : Math.max(1, Math.ceil(handlers / handler.concurrency));
  const most = (per: CapacityLimit['per']): number =>
    Math.max(1, ...limits.filter((each) => each.per === per).map(({ needs }) => needs));
  const units = model.unit === undefined ? null : most('unit');
  const partitions = model.partition === undefined ? null : Math.max(most('partition'), members ?? 1);
  const counts = { partition: partitions ?? 1, unit: units ?? 1, key: 1, topic: 1 };
  const uses = limits.map((each) => ({ each, part: each.demand / (each.limit * counts[each.per]) }));
  const keyHandlers = handler === undefined ? 0 : (demand.eventsPerSecond * demand.hottestKey * handler.ms) / 1_000;
  const first = [
    ...uses.map(({ each, part }) => ({
      name: `${each.what} per ${each.per === 'topic' ? 'topic' : nameOf(model, each.per)}`,
      part,
    })),
    ...(keyHandlers > 0
      ? [{ name: 'handlers of the hottest key, which run one after the other', part: keyHandlers }]
      : []),
  ].toSorted((one, other) => other.part - one.part)[0];
  return {
    partition: model.partition ?? null,
    unit: model.unit ?? null,
    partitions,
    units,
    handlers: handlers === null ? null : Math.ceil(handlers),
    members,
    storedBytes: (demand.eventsPerSecond * demand.eventBytes * demand.retentionMs) / 1_000,
    limits,
    first: first?.name ?? 'nothing',
    problems: problemsOf(model, limits, { partitions, units, keyHandlers, eventBytes: demand.eventBytes }),
    costs: model.costs.map(({ amount, ...cost }) => ({
      ...cost,
      amount: amount === 'partitions' ? (partitions ?? 0) : amount === 'units' ? (units ?? 0) : amount,
    })),
    notes: model.notes,
  };
}

function needsOf({ per, limit, demand }: CapacityLimit, free: number): number {
  // A key and a topic have no headroom of their own: the limit itself is what counts.
  return per === 'key' || per === 'topic' ? demand / limit : Math.max(1, Math.ceil(demand / (limit * free)));
}

function nameOf({ partition = 'partition', unit = 'unit' }: CapacityModel, per: CapacityLimit['per']): string {
  return per === 'partition' ? partition : per === 'unit' ? unit : per;
}

function problemsOf(
  { partition = 'partition', unit = 'unit', most }: CapacityModel,
  limits: readonly LimitUse[],
  found: {
    readonly partitions: number | null;
    readonly units: number | null;
    readonly keyHandlers: number;
    readonly eventBytes: number;
  },
): readonly string[] {
  const problems = limits
    .filter(({ per, needs }) => (per === 'key' || per === 'topic') && needs > 1)
    .map(({ what, demand, limit, unit: in_ }) => `${what}: ${round(demand)} ${in_}, the limit is ${round(limit)}`);
  if (most.eventBytes !== undefined && found.eventBytes > most.eventBytes)
    problems.push(
      `an event of ${round(found.eventBytes)} bytes: ${round(most.eventBytes)} are taken at most. Store large data elsewhere, and send where it is`,
    );
  if (found.keyHandlers > 1)
    problems.push(
      `handlers of the hottest key: ${round(found.keyHandlers)} would have to run at a time, and those of a key run one after the other. Make the handler faster, or the key finer`,
    );
  if (most.partitions !== undefined && (found.partitions ?? 0) > most.partitions)
    problems.push(
      `${found.partitions} ${partition}s are needed, a topic has ${most.partitions} at most. Divide it into several topics`,
    );
  if (most.units !== undefined && (found.units ?? 0) > most.units)
    problems.push(`${found.units} ${unit}s are needed, there are ${most.units} at most. Take a higher tier`);
  return problems;
}

function round(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function checkDemand({
  eventsPerSecond,
  eventBytes,
  groups,
  retentionMs,
  hottestKey,
  headroom,
  copies,
}: CapacityDemand): void {
  const refuse = (name: string, value: number, expected: string): never => {
    throw new StreamError('invalid-config', `${name} is ${value}. Give ${expected}`, { where: 'capacity' });
  };
  for (const [name, value] of Object.entries({ eventsPerSecond, eventBytes, copies }))
    if (!(value > 0 && Number.isFinite(value))) refuse(name, value, 'a number above 0');
  for (const [name, value] of Object.entries({ groups, retentionMs }))
    if (!(value >= 0 && Number.isFinite(value))) refuse(name, value, 'a number of 0 or more');
  if (!(hottestKey >= 0 && hottestKey <= 1)) refuse('hottestKey', hottestKey, 'a part from 0 to 1');
  if (!(headroom >= 0 && headroom < 1)) refuse('headroom', headroom, 'a part from 0 to less than 1');
}
