import { expect, it } from 'vitest';
import type { NewEvent } from '../src/store/stored-event.ts';
import { Producers } from '../src/store/producers.ts';

function batch(id: number, epoch: number, ...sequences: number[]): NewEvent[] {
  const bytes = Buffer.alloc(0);
  return sequences.map((sequence) => ({
    partitionKey: undefined,
    annotations: bytes,
    annotationCount: 0,
    rest: bytes,
    producer: { id, epoch, sequence },
  }));
}

it('gives a new producer an identity of its own, and counts from 0', () => {
  const producers = new Producers();

  const first = producers.attach({});
  const second = producers.attach({});

  expect(first).toMatchObject({ epoch: 0, sequence: 0 });
  expect(second.id).not.toBe(first.id);
});

it('stores a repeated batch once', () => {
  const producers = new Producers();
  const { id } = producers.attach({});

  expect(producers.admit(batch(id, 0, 1, 2))).toBe(true);
  expect(producers.admit(batch(id, 0, 1, 2))).toBe(false);
  expect(producers.admit(batch(id, 0, 3))).toBe(true);
});

it('tells a producer that attaches again its own number, and one that has none the stored one', () => {
  const producers = new Producers();
  const { id } = producers.attach({});
  producers.admit(batch(id, 0, 1, 2));

  expect(producers.attach({ id, epoch: 0, sequence: 1 }).sequence).toBe(1);
  expect(producers.attach({ id }).sequence).toBe(2);
});

it('refuses numbers from another client that are stored already, and not from one that comes back', () => {
  const producers = new Producers();
  const { id } = producers.attach({}, 'one');
  producers.admit(batch(id, 0, 1, 2, 3, 4, 5));

  producers.attach({ id, epoch: 0, sequence: 3 }, 'one');
  expect(producers.admit(batch(id, 0, 4, 5))).toBe(false);
  producers.attach({ id, epoch: 0, sequence: 1 }, 'two');
  expect(() => producers.admit(batch(id, 0, 2))).toThrow(
    expect.objectContaining({ condition: 'com.microsoft:out-of-order-sequence' }),
  );
  expect(producers.admit(batch(id, 0, 6))).toBe(true);
});

it('refuses numbers that a client, on its new link, has said to be stored', () => {
  const producers = new Producers();
  const { id } = producers.attach({}, 'one');
  producers.admit(batch(id, 0, 1, 2, 3, 4, 5));

  producers.attach({ id, epoch: 0, sequence: 5 }, 'one');
  expect(() => producers.admit(batch(id, 0, 2))).toThrow(
    expect.objectContaining({ condition: 'com.microsoft:out-of-order-sequence' }),
  );
  producers.attach({ id }, 'one');
  expect(() => producers.admit(batch(id, 0, 5))).toThrow('after 5');
});

it('refuses a batch that leaves a gap', () => {
  const producers = new Producers();
  const { id } = producers.attach({});

  expect(() => producers.admit(batch(id, 0, 2))).toThrow(
    expect.objectContaining({ condition: 'com.microsoft:out-of-order-sequence' }),
  );
});

it('lets a higher epoch take over: the former owner and numbers of its time are refused', () => {
  const producers = new Producers();
  const { id } = producers.attach({});
  producers.admit(batch(id, 0, 1, 2));

  expect(producers.attach({ id, epoch: 1 }).sequence).toBe(2);
  expect(() => producers.admit(batch(id, 0, 3))).toThrow(
    expect.objectContaining({ condition: 'com.microsoft:producer-epoch-stolen' }),
  );
  expect(() => producers.admit(batch(id, 1, 1))).toThrow(
    expect.objectContaining({ condition: 'com.microsoft:out-of-order-sequence' }),
  );
  expect(producers.admit(batch(id, 1, 3))).toBe(true);
});

it('refuses a negative epoch', () => {
  expect(() => new Producers().attach({ epoch: -1 })).toThrow(
    expect.objectContaining({ condition: 'com.microsoft:argument-out-of-range' }),
  );
});
