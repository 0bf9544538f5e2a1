import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamError } from '../src/errors/stream-error.ts';
import type { Request } from '../src/produce/batcher.ts';
import { Deadlines } from '../src/produce/deadlines.ts';
import { Outbox } from '../src/produce/outbox.ts';
import { Batch, type Pending } from '../src/produce/pending.ts';
import { Retries } from '../src/produce/retries.ts';
import { verdictOn } from '../src/produce/verdict.ts';
import { pending } from './support/pending.ts';

const limits = {
  requestsPerRoute: 2,
  lanesPerRequest: 3,
  eventsPerLane: 3,
  bytesPerLane: 1_000,
  eventsPerRequest: 6,
  bytesPerRequest: 2_000,
};

describe('an outbox', () => {
  const step = fc.record({
    do: fc.constantFrom('send', 'send', 'place', 'take', 'stored', 'apart', 'anew', 'failed', 'answer', 'expire'),
    key: fc.constantFrom('a', 'b', 'c'),
    pick: fc.nat(30),
    blockMs: fc.constantFrom(2, 5, 1_000),
    timeoutMs: fc.constantFrom(1, 5, 10, 1_000),
  });

  it.each(['continue', 'fail-key'] as const)(
    'has each event without an answer in one place and answers each once, whatever happens (%s)',
    (afterFailure) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
          const outbox = new Outbox({ maxEvents: 6, maxBytes: 10_000, afterFailure }, limits, () => 'route');
          const error = new StreamError('unauthorized', 'no', { where: 'sink', outcome: 'not-written' });
          const answers = new Map<Pending, number>();
          const stored: Pending[] = [];
          const requests: Request[] = [];
          let now = 0;
          const accept = (item: Pending): void => {
            outbox.accept(item);
            outbox.unplaced.push(item.place);
          };
          const advance = (): void => {
            for (let item = outbox.budget.next(); item !== undefined; item = outbox.budget.next()) accept(item);
          };
          const place = (): void => {
            for (let item = outbox.unplaced.shift(); item !== undefined; item = outbox.unplaced.shift())
              outbox.batcher.add(String(item.event.key), item);
          };
          const returned = (pick: number): Request['batches'] => {
            const [request] = requests.splice(pick % Math.max(1, requests.length), 1);
            if (request !== undefined) outbox.batcher.returned(request);
            return request?.batches ?? [];
          };
          const store = (batch: Batch): void => {
            stored.push(...batch.items);
            outbox.done(batch, () => ({ partition: batch.lane, position: '0' }));
          };
          const check = (): void => {
            const waiting = [...outbox.budget.line, ...outbox.unplaced, ...outbox.batcher.waiting()];
            const sending = [...outbox.batcher.batches()].flatMap(({ items }) => items);
            const open = [...answers].filter(([, count]) => count === 0).map(([item]) => item);
            const all = [...waiting, ...sending];
            expect(new Set(all).size).toBe(all.length);
            expect(new Set(all.filter(({ isAnswered }) => !isAnswered))).toEqual(new Set(open));
            expect(waiting.every(({ isAnswered }) => !isAnswered)).toBe(true);
            const held = all.length - outbox.budget.line.length;
            expect(outbox.budget.events).toBe(held);
            expect(Math.max(0, ...answers.values())).toBeLessThanOrEqual(1);
          };
          for (const { do: what, key, pick, blockMs, timeoutMs } of steps) {
            if (what === 'send') {
              const count = (): void => void answers.set(item, (answers.get(item) ?? 0) + 1);
              const item = pending({ key, blockMs, timeoutMs, deadline: now + timeoutMs, answer: count });
              answers.set(item, 0);
              if (outbox.budget.admit(item, now)) accept(item);
            } else if (what === 'place') place();
            else if (what === 'take') {
              const request = outbox.batcher.take();
              if (request !== undefined) requests.push(request);
            } else if (what === 'stored') for (const batch of returned(pick)) store(batch);
            else if (what === 'apart')
              for (const batch of returned(pick)) {
                const items = outbox.dissolve(batch);
                for (const item of items) item.goesAlone = true;
                outbox.batcher.putBack(batch, items);
              }
            else if (what === 'anew')
              for (const batch of returned(pick)) {
                for (const item of outbox.dissolve(batch).toReversed()) outbox.unplaced.unshift(item.place);
                outbox.batcher.done(batch);
                const before = outbox.batcher.takeWaiting();
                for (const item of before.toReversed()) outbox.unplaced.push(item.place);
              }
            else if (what === 'failed')
              for (const batch of returned(pick)) {
                outbox.done(batch, () => error);
                outbox.failKeys(batch.items);
              }
            else if (what === 'answer') {
              const item = [...answers.keys()][pick];
              if (item !== undefined) outbox.answer(item, error);
            } else {
              now += pick;
              for (const item of [...outbox.budget.expired(now), ...outbox.expired(now)]) outbox.answer(item, error);
            }
            advance();
            check();
            // Whoever has an answer is not waited for, and nobody is late.
            const open = [...answers].filter(([, count]) => count === 0).map(([item]) => item.until);
            expect(outbox.firstDue).toBe(open.length === 0 ? undefined : Math.min(...open));
          }
          outbox.failAll(error);
          expect([...answers.values()].every((count) => count === 1)).toBe(true);
        }),
      );
    },
  );

  it('stores events of a key in the order in which they were sent', () => {
    const outbox = new Outbox({ maxEvents: 100, maxBytes: 10_000, afterFailure: 'continue' }, limits, () => 'route');
    const items = Array.from({ length: 10 }, () => pending({ key: 'a' }));
    for (const item of items) {
      outbox.budget.admit(item, 0);
      outbox.batcher.add('a', item);
    }
    const [first, second, , fourth] = items;
    if (first === undefined || second === undefined || fourth === undefined) throw new Error('nothing was sent');
    const error = new StreamError('aborted', 'no', { where: 'sender', outcome: 'not-written' });
    outbox.answer(second, error);
    const request = outbox.batcher.take();
    const [batch] = request?.batches ?? [];
    if (request === undefined || batch === undefined) throw new Error('nothing was taken');
    outbox.answer(fourth, error);
    outbox.batcher.returned(request);
    outbox.batcher.putBack(batch, outbox.dissolve(batch));
    expect([...outbox.batcher.waiting()]).toEqual(items.filter((item) => item !== second && item !== fourth));
    expect(outbox.budget.events).toBe(8);
  });
});

describe('deadlines', () => {
  it('take out exactly those whose time is up, however long each may wait, in the order in which they were sent', () => {
    const waits = fc.array(fc.record({ afterMs: fc.constantFrom(1, 3, 9, 100), leaves: fc.boolean() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(waits, fc.nat(120), (given, later) => {
        const deadlines = new Deadlines();
        const items = given.map(({ afterMs }, index) => {
          const item = pending();
          deadlines.add(item, afterMs, index + afterMs);
          return item;
        });
        for (const [index, { leaves }] of given.entries()) if (leaves) items[index]?.due.unlink();
        const left = items.filter((_, index) => given[index]?.leaves === false);
        const untils = left.map(({ until }) => until);
        expect(deadlines.first).toBe(untils.length === 0 ? undefined : Math.min(...untils));
        expect(deadlines.take(later)).toEqual(left.filter(({ until }) => until <= later));
        expect(deadlines.take(Infinity)).toEqual(left.filter(({ until }) => until > later));
        expect(deadlines.first).toBeUndefined();
      }),
    );
  });
});

describe('retries', () => {
  it('come back in the order of their times, and of those of one time in that of their failures', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 40 }), fc.nat(10), fc.nat(60), (times, now, gone) => {
        const retries = new Retries();
        const all = times.map((at) => ({ at, batch: new Batch('lane', [], 0) }));
        for (const { at, batch } of all) retries.add(batch, at);
        const given = all[gone];
        if (given !== undefined) retries.delete(given.batch);
        const left = all.filter((each) => each !== given).toSorted((one, other) => one.at - other.at);
        expect(retries.first).toBe(left[0]?.at);
        const due = retries.take(now);
        expect(due.map((batch) => left.findIndex((each) => each.batch === batch))).toEqual(
          left.filter(({ at }) => at <= now).map((_, index) => index),
        );
        expect(retries.first).toBe(left[due.length]?.at);
      }),
    );
  });
});

describe('the verdict on a batch that failed', () => {
  const error = (code: StreamError['code'], retryable: boolean): StreamError =>
    new StreamError(code, 'scripted', { where: 'sink', outcome: 'not-written', retryable });
  const codes = fc.constantFrom('event-too-large', 'invalid-key', 'topic-mismatch', 'timeout', 'unauthorized' as const);

  it('takes nothing apart that may be stored, and begins no attempt out of time', () => {
    fc.assert(
      fc.property(
        codes,
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.nat(3),
        (code, retryable, maybe, inTime, more) => {
          const verdict = verdictOn(
            { maybeWritten: maybe, events: { length: 1 + more } },
            error(code, retryable),
            inTime,
          );
          if (verdict === 'take apart') expect([maybe, more > 0]).toEqual([false, true]);
          if (verdict === 'retry') expect([retryable, inTime]).toEqual([true, true]);
          if (verdict === 'place anew') expect([code, inTime]).toEqual(['topic-mismatch', true]);
          if (verdict === 'give up') expect(retryable && inTime).toBe(false);
        },
      ),
    );
  });
});
