import { type Harness, prefixedHarness, type Reached, withGivenFaults } from '@isostream/conformance';
import { adapterOptions, addressText, findConfig, type ProviderName } from 'isostream';
import { refuseContradiction, sourcesOf, usage } from '../client.ts';
import { say } from '../terminal.ts';
import { restartOf } from './given-restart.ts';
import { harnessFrom } from './harness-module.ts';

interface HarnessOptions extends Reached {
  readonly mode: 'auto' | 'native' | 'docker';
  readonly progress: (text: string) => void;
}

interface Suite {
  /** As `connect` has it: what an address has to be of. */
  readonly provider: ProviderName;
  /** Starts its service itself, and cannot take one that runs already. */
  readonly startsAlways?: string;
  /** Each suite brings its adapter along: only the one that is asked for is loaded. */
  readonly start: (options: HarnessOptions) => Promise<Harness>;
}

export type SuiteName =
  | ProviderName
  | 'memory-without-headers'
  | 'memory-individual'
  | 'kafka-replicated'
  | 'kafka-consumer-groups'
  | 'kinesis-aggregated'
  | 'kinesis-fan-out';

/** What can be tested, by the name that `--provider` takes. */
export const suites: Readonly<Record<SuiteName, Suite>> = {
  memory: {
    provider: 'memory',
    start: async () => (await import('@isostream/conformance/suites/memory')).memoryHarness(),
  },
  'memory-without-headers': {
    provider: 'memory',
    start: async () => (await import('@isostream/conformance/suites/memory')).bareMemoryHarness(),
  },
  'memory-individual': {
    provider: 'memory',
    start: async () => (await import('@isostream/conformance/suites/memory')).individualMemoryHarness(),
  },
  kafka: {
    provider: 'kafka',
    start: async (options) => (await import('@isostream/conformance/suites/kafka')).kafkaHarness(options),
  },
  'kafka-replicated': {
    provider: 'kafka',
    startsAlways: 'kafka-replicated kills its brokers, so it starts them itself',
    start: async (options) => (await import('@isostream/conformance/suites/kafka')).replicatedKafkaHarness(options),
  },
  'kafka-consumer-groups': {
    provider: 'kafka',
    startsAlways: 'kafka-consumer-groups sets the session timeout of its broker, so it starts it itself',
    start: async (options) => (await import('@isostream/conformance/suites/kafka')).consumerGroupsKafkaHarness(options),
  },
  kinesis: {
    provider: 'kinesis',
    start: async (options) => (await import('@isostream/conformance/suites/kinesis')).kinesisHarness(options),
  },
  'kinesis-aggregated': {
    provider: 'kinesis',
    start: async (options) =>
      (await import('@isostream/conformance/suites/kinesis')).kinesisHarness({ ...options, aggregation: true }),
  },
  'kinesis-fan-out': {
    provider: 'kinesis',
    start: async (options) =>
      (await import('@isostream/conformance/suites/kinesis')).kinesisHarness({ ...options, enhancedFanOut: true }),
  },
  pubsub: {
    provider: 'pubsub',
    start: async (options) => (await import('@isostream/conformance/suites/pubsub')).pubSubHarness(options),
  },
  'event-hubs': {
    provider: 'event-hubs',
    start: async (options) => (await import('@isostream/conformance/suites/event-hubs')).eventHubsHarness(options),
  },
};

/** What names the service under test. */
export interface Tested {
  readonly provider?: SuiteName;
  readonly url?: string;
  readonly config?: string;
  readonly harness?: string;
  readonly prefix?: string;
  readonly destructive?: readonly string[];
  readonly mode: 'auto' | 'native' | 'docker';
}

/** On a service that others use as well, unless another one is asked for. */
const servicePrefix = 'isostream-conformance-';

/** Starts what is to be tested, or reaches it where it runs already: then all names get a prefix. */
export async function createHarness(options: Tested): Promise<Harness> {
  const restart = restartOf(options.destructive);
  const { harness: reached, isService } = await reach(options);
  if (restart !== undefined && !isService) {
    await reached.close();
    throw usage(
      '--destructive is for a running service: a broker that this command starts is broken anyway. Give --url',
    );
  }
  const harness = restart === undefined ? reached : withGivenFaults(reached, { restart });
  const prefix = options.prefix ?? (isService ? servicePrefix : undefined);
  return prefix === undefined ? harness : prefixedHarness(harness, prefix);
}

async function reach(options: Tested): Promise<{ readonly harness: Harness; readonly isService: boolean }> {
  const { mode } = options;
  if (options.harness !== undefined) {
    if (options.provider !== undefined || options.url !== undefined)
      throw usage('--harness brings its own adapter. Leave out --provider and --url');
    return { harness: await harnessFrom(options.harness), isService: false };
  }
  await refuseContradiction(options.url);
  const configured = await findConfig(sourcesOf(options));
  // What is proven is what the address says; only where nothing says anything it is the reference.
  const name = options.provider ?? configured?.provider ?? 'memory';
  const suite: Suite = suites[name];
  if (configured === undefined) return { harness: await suite.start({ mode, progress: say }), isService: false };
  if (suite.provider !== configured.provider)
    throw usage(
      `--provider is ${name}, and ${sourceOf(options)} ${configured.provider}. Leave one of them out: what is proven is either the one or the other`,
    );
  const service = await addressText(configured);
  if (service !== undefined && suite.startsAlways !== undefined)
    throw usage(`${suite.startsAlways}. Leave --url out (and ISOSTREAM_URL, and an address in a file), or take kafka`);
  const harness = await suite.start({
    mode,
    progress: say,
    options: await adapterOptions(configured),
    ...(service === undefined ? {} : { service }),
  });
  return { harness, isService: service !== undefined && configured.provider !== 'memory' };
}

/** Which of the sources named the provider, for people. */
function sourceOf({ url }: Tested): string {
  if (url !== undefined) return 'the address in --url is of';
  if (process.env['ISOSTREAM_URL'] !== undefined) return 'the address in ISOSTREAM_URL is of';
  return process.env['ISOSTREAM_PROVIDER'] === undefined ? 'the config file names' : 'ISOSTREAM_PROVIDER is';
}
