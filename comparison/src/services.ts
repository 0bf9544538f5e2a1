import type { Harness } from '@isostream/conformance';
import { eventHubsHarness } from '@isostream/conformance/suites/event-hubs';
import { kafkaHarness } from '@isostream/conformance/suites/kafka';
import { kinesisHarness } from '@isostream/conformance/suites/kinesis';
import { memoryHarness } from '@isostream/conformance/suites/memory';
import { pubSubHarness } from '@isostream/conformance/suites/pubsub';
import type { ServiceName } from './subject.ts';

type Start = (progress: (text: string) => unknown) => Promise<Harness>;

const starts: Readonly<Record<ServiceName, Start>> = {
  memory: async () => memoryHarness(),
  kafka: (progress) => kafkaHarness({ mode: 'native', progress }),
  kinesis: (progress) => kinesisHarness({ mode: 'native', progress }),
  pubsub: (progress) => pubSubHarness({ mode: 'native', progress }),
  'event-hubs': (progress) => eventHubsHarness({ mode: 'native', progress }),
};

/** The suite's own service, behind the suite's own faults. */
export async function startService(name: ServiceName, progress: (text: string) => unknown): Promise<Harness> {
  return starts[name](progress);
}
