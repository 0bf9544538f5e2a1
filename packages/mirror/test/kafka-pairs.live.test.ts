import { eventHubsHarness } from '@isostream/conformance/suites/event-hubs';
import { kafkaHarness } from '@isostream/conformance/suites/kafka';
import { kinesisHarness } from '@isostream/conformance/suites/kinesis';
import { memoryHarness } from '@isostream/conformance/suites/memory';
import { afterAll, beforeAll } from 'vitest';
import type { Harness } from '@isostream/conformance';
import { itCopies } from './support/it-copies.ts';

const native = { mode: 'native' } as const;
let kafka: Harness;

beforeAll(async () => {
  kafka = await kafkaHarness(native);
});
afterAll(() => kafka.close());

itCopies('the in-memory provider to Kafka', async () => [memoryHarness(), kafka]);
itCopies('Kafka to Kinesis', async (own) => [kafka, own(await kinesisHarness(native))]);
itCopies('Event Hubs to Kafka', async (own) => [own(await eventHubsHarness(native)), kafka]);
