import { eventHubsHarness } from '@isostream/conformance/suites/event-hubs';
import { kinesisHarness } from '@isostream/conformance/suites/kinesis';
import { pubSubHarness } from '@isostream/conformance/suites/pubsub';
import { afterAll, beforeAll } from 'vitest';
import type { Harness } from '@isostream/conformance';
import { itCopies } from './support/it-copies.ts';

const native = { mode: 'native' } as const;
let pubSub: Harness;

beforeAll(async () => {
  pubSub = await pubSubHarness(native);
});
afterAll(() => pubSub.close());

itCopies('Kinesis to Pub/Sub', async (own) => [own(await kinesisHarness(native)), pubSub]);
itCopies('Pub/Sub to Event Hubs', async (own) => [pubSub, own(await eventHubsHarness(native))]);
