import { openAdapter } from '@isostream/core/adapter';
import { BrokerUnavailable, type PubSubEmulator, type ServerControls, startPubSub } from '@isostream/emulators';
import { TcpProxy } from '@isostream/fault-injection';
import { individualMutants } from '../mutants/individual-mutants.ts';
import { seeded } from '../run/random.ts';
import { clientVersions } from './client-versions.ts';
import { cutOffBy } from './cut-off.ts';
import type { Difference, Harness, HarnessFaults, Reached } from './harness.ts';
import { ackDeadlineMs, clientsModule, createAdapter, type PubSubSuiteSettings } from './pubsub-clients.ts';
import { PubSubThrottling } from './pubsub-throttling.ts';

/** Topics and subscriptions are made and deleted. An emulator is named in the options, or by `PUBSUB_EMULATOR_HOST`. */
export interface PubSubHarnessOptions extends Reached {
  readonly mode?: 'auto' | 'native' | 'docker';
  readonly progress?: (text: string) => void;
}

/** The emulator keeps what was settled and deleted, and threads for every key that it ever saw. */
const scenariosPerServer = 8;
/** Of one topic in the emulator, which takes long for more. */
const largestBacklog = 10_000;
/** The emulator is out of reach for so long in place of a restart: it would forget everything. */
const outageMs = 3_000;

/** Where Google's emulator is not as the service, as far as a scenario could tell. */
const differences: readonly (string | Difference)[] = [
  {
    text: 'a subscription that is made while events are published misses some of them; on the service it gets all from then on',
    scenarios: ['start-replay/groups-are-made-under-load'],
  },
  'everything is forgotten when the emulator dies: where a broker is to be restarted it is frozen for three seconds, its connections broken, and woken',
  `a topic gets slow with more than ${largestBacklog} events: backpressure/events-in-flight leaves the rest of its backlog out`,
  'a new subscription gets all that its topic retains; on the service it is sought to an earlier time',
  'while events of a key are out at one member no other gets any; the service promises order for what is delivered again, and says nothing of two members that pull one key for the first time',
  'a refused event goes behind the rest of its key; on the service order is kept. On both events are handed back by a short deadline',
  {
    text: 'the largest size of an event is stored in a label, and labels cannot be changed: the adapter refuses to',
    mutants: ['alter-resets-the-rest'],
  },
  'the emulator has no quotas: throttling is made between its client and the adapter',
  'requests of several keys, and attributes and keys that are too large, are taken; the service refuses them. The adapter does so on both',
];

const ledger = { isEmulator: true, differences, makesGroupsInQuiet: true, largestBacklog } as const;

/** Google's Pub/Sub emulator, if it can be native behind a proxy that breaks its connections; or what is at the URL. Throws `BrokerUnavailable`. */
export async function pubSubHarness(options: PubSubHarnessOptions = {}): Promise<Harness> {
  const { service, mode = 'auto', options: given = {}, progress = () => undefined } = options;
  if (service !== undefined) return remoteHarness(service, given);
  if (mode === 'docker') return dockerHarness(given, progress);
  return nativeHarness(given, progress).catch((error: unknown) => {
    if (mode === 'native' || !(error instanceof BrokerUnavailable)) throw error;
    progress(`${error.message} Trying Docker`);
    return dockerHarness(given, progress);
  });
}

const billed = 'Google bills the bytes of every publish and delivery, at least 1 kB for each request, and storage';

function remoteHarness(service: string, settings: PubSubSuiteSettings): Harness {
  const host = settings.emulatorHost ?? process.env['PUBSUB_EMULATOR_HOST'] ?? '';
  const isEmulator = host !== '' && host !== false;
  return {
    ...harnessOf(settings, { close: async () => undefined }),
    broker: isEmulator ? `${service}, the emulator at ${host}` : service,
    clockSkewMs: 2_000,
    ...(isEmulator ? ledger : { billed }),
  };
}

async function nativeHarness(given: PubSubSuiteSettings, progress: (text: string) => void): Promise<Harness> {
  const proxy = await TcpProxy.listen();
  try {
    const emulator = await startPubSub({ mode: 'native', heapMb: 768, progress });
    const { server, projectId, description } = emulator;
    if (server === undefined) throw new Error('a native emulator has a process');
    proxy.to(server.port);
    const settings = { ...given, projectId, emulatorHost: `127.0.0.1:${proxy.port}` };
    const throttling = new PubSubThrottling(seeded(1));
    let scenarios = 0;
    const close = async (): Promise<void> => {
      await emulator.stop();
      await proxy.close();
    };
    return {
      ...harnessOf(settings, { close, throttling }),
      ...ledger,
      broker: description,
      faults: emulatorFaults(server, proxy, settings, throttling),
      async renew() {
        if (++scenarios % scenariosPerServer > 0) return;
        await server.kill();
        await server.start();
      },
    };
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

/** Without faults: nothing stands between its clients and it. */
async function dockerHarness(given: PubSubSuiteSettings, progress: (text: string) => void): Promise<Harness> {
  const emulator: PubSubEmulator = await startPubSub({ mode: 'docker', progress });
  const settings = { ...given, projectId: emulator.projectId, emulatorHost: emulator.host };
  return { ...harnessOf(settings, { close: () => emulator.stop() }), ...ledger, broker: emulator.description };
}

interface Parts {
  readonly throttling?: PubSubThrottling;
  readonly close: () => Promise<void>;
}

function harnessOf(settings: PubSubSuiteSettings, { throttling, close }: Parts): Harness {
  return {
    name: 'pubsub',
    broker: 'Google Pub/Sub',
    clients: clientVersions('@google-cloud/pubsub'),
    createAdapter: (clientId) => createAdapter(settings, clientId, throttling),
    sessionTimeoutMs: ackDeadlineMs,
    clockSkewMs: 5,
    // A connection that was forgotten is noticed after 35 s at most: 30 s between pings, and the timeout of a request.
    quietMs: 40_000,
    faults: undefined,
    worker: { module: clientsModule, settings },
    // Port 1 is reserved and nobody listens there.
    mutants: individualMutants,
    wrong: { unavailable: () => createAdapter({ projectId: 'isostream', emulatorHost: '127.0.0.1:1' }, 'wrong') },
    close,
  };
}

function emulatorFaults(
  server: ServerControls,
  proxy: TcpProxy,
  settings: PubSubSuiteSettings,
  throttling: PubSubThrottling,
): HarnessFaults {
  return {
    cut: () => proxy.cut(),
    halfOpen: () => proxy.halfOpen(),
    isolate: () => proxy.isolate(),
    ...cutOffBy(proxy),
    goAway: () => proxy.goAway(),
    async restart() {
      server.pause();
      proxy.reset();
      await new Promise((resolve) => setTimeout(resolve, outageMs));
      server.resume();
    },
    slowDown: () => proxy.slow(),
    throttle: async () => throttling.begin(0.8),
    async refuseWrites(topic) {
      const adapter = openAdapter(createAdapter(settings, 'faults'));
      const { admin } = adapter;
      const { retentionMs, maxEventBytes } = (await admin.describeTopic(topic)) ?? {};
      await admin.deleteTopic(topic);
      return async () => {
        await admin.createTopic(topic, {
          ...(retentionMs === undefined ? {} : { retentionMs }),
          ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
        });
        await adapter.close();
      };
    },
    refuseCommits: () => proxy.isolate(),
    trim: () => Promise.reject(new Error('there are no positions before which to remove events')),
  };
}
