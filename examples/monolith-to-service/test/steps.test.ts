import { connect, type Streams } from 'isostream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Move } from '../src/move.ts';
import { type Seen, steps } from '../src/steps.ts';
import { bills, customers, orders } from '../src/topics.ts';

/** What each step has to show: 50 orders in the end, of which every fifth is free. */
const expected: Readonly<Record<string, Seen>> = {
  'Events from the monolith': {
    'orders in the monolith': 20,
    'events in the topic': 20,
    'events of the order that was rolled back': 0,
  },
  'A shadow service': { 'orders stored': 20, 'different from the monolith': 0 },
  Lag: { 'events behind while it was stopped': 10, 'events behind now': 0 },
  Enrichment: { 'orders with a country before': 0, 'orders with a country now': 30, 'orders without one': 0 },
  Filtering: { 'orders in the monolith': 30, 'orders stored': 24, 'free orders stored': 0 },
  'Events back': { 'bills of the service': 32, 'answers in the monolith': 32 },
  // A third of the customers has the wrong rate.
  Test: { 'bills compared': 32, different: 0, 'different with a wrong rate': 11 },
  Removal: { 'bills by the monolith since': 0, 'bills by the service since': 8, 'orders without a bill': 0 },
  Repeat: { 'customers with points': 6, 'different from the monolith': 0 },
};

describe('from a monolith to a service, each step on what the ones before left', () => {
  let streams: Streams;
  let move: Move;
  beforeAll(async () => {
    streams = await connect({ url: 'memory:', topics: [orders, customers, bills] });
    move = new Move(streams);
  });
  afterAll(async () => {
    await move.close();
    await streams.close();
  });

  it.each(steps)('$name', async ({ name, run }) => {
    expect(await run(move)).toEqual(expected[name]);
  });

  it('takes all nine', () => {
    expect(steps.map(({ name }) => name)).toEqual(Object.keys(expected));
    expect(steps).toHaveLength(9);
  });
});
