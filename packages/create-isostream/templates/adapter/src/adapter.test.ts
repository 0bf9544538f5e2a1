import { completeHarness, runScenarios, scenarios } from '@isostream/conformance';
import { leaseStoreChecks } from '@isostream/coordination/checks';
import { type Adapter, openAdapter } from '@isostream/core/adapter';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import harness from './harness.js';
import { ExampleLeases } from './leases.js';
import { Service } from './service.js';

// All of them: npm run conformance. This one is quick, and fails first.
const first = scenarios.filter(({ id }) => id === 'no-loss/all-is-handled-once-and-in-order');

async function verdicts(createAdapter: typeof harness.createAdapter): Promise<readonly string[]> {
  const whole = completeHarness({ ...harness, createAdapter, quietMs: 4_000 });
  const reports = await runScenarios({ harness: whole, scenarios: first, seed: 1, scale: 0.2 });
  return reports.map(({ verdict }) => verdict);
}

test('keeps what is promised', async () => {
  assert.deepEqual(await verdicts(harness.createAdapter), ['passed']);
});

test('the suite notices an adapter that loses its first request', async () => {
  let written = 0;
  const losing = (adapter: Adapter): Adapter => ({
    ...adapter,
    createSink(topic) {
      const sink = adapter.createSink(topic);
      const { limits, maxEventBytes } = sink;
      return {
        limits,
        get maxEventBytes() {
          return sink.maxEventBytes ?? maxEventBytes;
        },
        open: (signal) => sink.open(signal),
        lane: (event) => sink.lane(event),
        route: (lane) => sink.route(lane),
        abandon: (batch) => sink.abandon(batch),
        close: () => sink.close(),
        write: (route, batches, signal) =>
          written++ === 0
            ? Promise.resolve(batches.map(({ lane, events }) => events.map(() => ({ partition: lane, position: '0' }))))
            : sink.write(route, batches, signal),
      };
    },
  });
  const create = (clientId: string): Adapter => losing(openAdapter(harness.createAdapter(clientId)));
  assert.deepEqual(await verdicts(create), ['failed']);
});

let stores = 0;
for (const { name, run } of leaseStoreChecks)
  test(`a store of leases ${name}`, () =>
    run(new ExampleLeases(Service.at('example://leases'), String(++stores), 'g')));
