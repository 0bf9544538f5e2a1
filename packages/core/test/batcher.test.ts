import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InFlightLimits } from '../src/contract/sink.ts';
import { Batcher, type Request } from '../src/produce/batcher.ts';
import type { Batch, Pending } from '../src/produce/pending.ts';
import { pending } from './support/pending.ts';

const wide: InFlightLimits = {
  requestsPerRoute: 1,
  lanesPerRequest: 100,
  eventsPerLane: 100,
  bytesPerLane: 10_000,
  eventsPerRequest: 1_000,
  bytesPerRequest: 100_000,
};

describe('batcher', () => {
  it('collects while a request is in flight, and sends the rest together', () => {
    const batcher = new Batcher(wide, () => 'node');
    batcher.add('p0', item());
    const first = batcher.take();
    for (let count = 0; count < 5; count++) batcher.add('p0', item());

    expect(batcher.take()).toBeUndefined();
    finish(batcher, first);
    expect(batcher.take()?.batches[0]?.items).toHaveLength(5);
  });

  it('resends the very same batch before anything later of its lane', () => {
    const batcher = new Batcher(wide, () => 'node');
    batcher.add('p0', item());
    const first = batcher.take();
    batcher.add('p0', item());
    const batch = first?.batches[0];
    if (first === undefined || batch === undefined) throw new Error('nothing was taken');

    batcher.returned(first);
    expect(batcher.take()).toBeUndefined();
    batcher.retry(batch);
    expect(batcher.take()?.batches).toEqual([batch]);
  });

  it('lets other lanes pass while one backs off', () => {
    const batcher = new Batcher(wide, () => 'node');
    batcher.add('p0', item());
    const first = batcher.take();
    batcher.add('p1', item());
    if (first === undefined) throw new Error('nothing was taken');

    batcher.returned(first);
    expect(batcher.take()?.batches.map(({ lane }) => lane)).toEqual(['p1']);
  });

  it('follows a lane to its new route', () => {
    let leader = 'one';
    const batcher = new Batcher(wide, () => leader);
    batcher.add('p0', item());
    leader = 'two';

    expect(batcher.take()?.route ?? batcher.take()?.route).toBe('two');
  });

  it('takes a refused batch apart in order, each event alone', () => {
    const batcher = new Batcher(wide, () => 'node');
    const items = [item(), item(), item()];
    for (const each of items) batcher.add('p0', each);
    const first = batcher.take();
    if (first === undefined) throw new Error('nothing was taken');
    batcher.returned(first);
    for (const batch of first.batches) {
      for (const each of batch.items) each.goesAlone = true;
      batcher.putBack(batch, batch.items);
    }

    const seen: Pending[][] = [];
    for (let request = batcher.take(); request !== undefined; request = batcher.take()) {
      for (const batch of request.batches) seen.push([...batch.items]);
      finish(batcher, request);
    }
    expect(seen).toEqual(items.map((each) => [each]));
  });

  it('has two requests in flight that are not full, and more only of full ones', () => {
    const batcher = new Batcher({ ...wide, requestsPerRoute: 5, lanesPerRequest: 3 }, () => 'node');
    let lanes = 0;
    const add = (count: number): void => {
      for (let added = 0; added < count; added++) batcher.add(`p${lanes++}`, item());
    };
    const sizes = (): number[] => {
      const taken: number[] = [];
      for (let request = batcher.take(); request !== undefined; request = batcher.take()) {
        inFlight.push(request);
        taken.push(request.batches.length);
      }
      return taken;
    };
    const inFlight: Request[] = [];
    add(1);
    expect(sizes()).toEqual([1]);
    add(2);
    expect(sizes()).toEqual([2]);
    add(2);
    expect(sizes()).toEqual([]);
    add(2);
    expect(sizes()).toEqual([3]);
    add(1);
    expect(sizes()).toEqual([]);
    const [first] = inFlight;
    if (first !== undefined) finish(batcher, first);
    expect(sizes()).toEqual([2]);
  });

  it('keeps limits and the order of every lane, and loses nothing, whatever happens', () => {
    const limits = fc.record({
      requestsPerRoute: fc.integer({ min: 1, max: 3 }),
      lanesPerRequest: fc.integer({ min: 1, max: 4 }),
      eventsPerLane: fc.integer({ min: 1, max: 5 }),
      bytesPerLane: fc.integer({ min: 10, max: 200 }),
      eventsPerRequest: fc.integer({ min: 1, max: 8 }),
      bytesPerRequest: fc.integer({ min: 10, max: 400 }),
    });
    const step = fc.oneof(
      fc.record({
        do: fc.constant('add' as const),
        lane: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        bytes: fc.integer({ min: 1, max: 60 }),
      }),
      fc.record({
        do: fc.constantFrom('take' as const, 'done' as const, 'retry' as const, 'move' as const),
        pick: fc.nat(9),
      }),
    );
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 150 }), (limit, steps) => {
        const routes = new Map<string, string>();
        const batcher = new Batcher(limit, (lane) => routes.get(lane) ?? 'one');
        const inFlight: Request[] = [];
        const failed: Batch[] = [];
        const added = new Map<string, Pending[]>();
        const stored = new Map<string, Pending[]>();
        const take = (): void => {
          const request = batcher.take();
          if (request === undefined) return;
          inFlight.push(request);
          expect(inFlight.filter(({ route }) => route === request.route).length).toBeLessThanOrEqual(
            limit.requestsPerRoute,
          );
          expect(request.batches.length).toBeLessThanOrEqual(limit.lanesPerRequest);
          const lanes = inFlight.flatMap(({ batches }) => batches.map(({ lane }) => lane));
          expect(new Set(lanes).size).toBe(lanes.length);
          for (const { items } of request.batches) expect(items.length).toBeLessThanOrEqual(limit.eventsPerLane);
          expect(request.batches.reduce((sum, { items }) => sum + items.length, 0)).toBeLessThanOrEqual(
            limit.eventsPerRequest,
          );
        };
        const end = (pick: number, fails: boolean): void => {
          const [request] = inFlight.splice(pick % Math.max(1, inFlight.length), 1);
          if (request === undefined) return;
          batcher.returned(request);
          for (const batch of request.batches) {
            if (fails) failed.push(batch);
            else {
              stored.set(batch.lane, [...(stored.get(batch.lane) ?? []), ...batch.items]);
              batcher.done(batch);
            }
          }
        };
        for (const move of steps) {
          if (move.do === 'add') {
            const each = item(move.bytes);
            added.set(move.lane, [...(added.get(move.lane) ?? []), each]);
            batcher.add(move.lane, each);
          } else if (move.do === 'take') take();
          else if (move.do === 'done') end(move.pick, false);
          else if (move.do === 'retry') {
            end(move.pick, true);
            for (const batch of failed.splice(0, move.pick)) batcher.retry(batch);
          } else routes.set('abcde'.charAt(move.pick % 5), move.pick % 2 === 0 ? 'one' : 'two');
        }
        for (const batch of failed) batcher.retry(batch);
        for (let rounds = 0; rounds < 1_000; rounds++) {
          take();
          end(0, false);
        }
        expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(added));
      }),
    );
  });
});

function finish(batcher: Batcher, request: Request | undefined): void {
  if (request === undefined) throw new Error('nothing was taken');
  batcher.returned(request);
  for (const batch of request.batches) batcher.done(batch);
}

function item(bytes = 10): Pending {
  return pending({ bytes });
}
