import {
  type Duration,
  expected,
  isObject,
  shown,
  StreamError,
  type DeclarationOf,
  type DeclaredOptions,
  option,
  takeOptions,
} from '@isostream/core/adapter';
import type { ClientOptions } from 'google-gax';
import { defaultSubscription } from './names.ts';

export interface PubSubOptions {
  /** Default: what the credentials, the environment (`GOOGLE_CLOUD_PROJECT`) or the machine say. The emulator needs one. */
  readonly projectId?: string;
  /** `host:port` of an emulator, reached without TLS and credentials; `false` for none. Default `PUBSUB_EMULATOR_HOST`. */
  readonly emulatorHost?: string | false;
  /** Another address of the service, such as `europe-west1-pubsub.googleapis.com`: order holds within one region. */
  readonly apiEndpoint?: string;
  /** A service account's, as in its key file. Default: Application Default Credentials, such as the file that `GOOGLE_APPLICATION_CREDENTIALS` names. */
  readonly credentials?: { readonly client_email: string; readonly private_key: string };
  /** An authentication client that was made elsewhere. */
  readonly authClient?: NonNullable<ClientOptions['authClient']>;
  /** How long a silent member keeps its events, 10 s to 600 s. Leases are extended while handlers run. Default 20 s. */
  readonly sessionTimeout?: Duration;
  /** Pulls at the same time of each consumer. Default 1. */
  readonly pullers?: number;
  /** Events of one pull at most, up to 1,000, fewer of large ones. What finds no room waits in the consumer. Default 1,000. */
  readonly pullEvents?: number;
  /** How long a pull waits for new events, at most half of `sessionTimeout`; closing a consumer waits for it as well. Default 2 s. */
  readonly pullWait?: Duration;
  /** Until a connection counts as failed. Default 15 s. */
  readonly connectTimeout?: Duration;
  /** Until a request counts as unanswered. Default 15 s. */
  readonly requestTimeout?: Duration;
  /** Retention of topics that are created without one: without any a new group could not start at `earliest`. Default 7 days. */
  readonly topicRetention?: Duration;
  /** What the subscription of a group is called, `{topic}` and `{group}` replaced: `'{group}'` for subscriptions that others named. Default `'{topic}~{group}'`. */
  readonly subscription?: string;
}

/** Options in plain units, defaults filled in. */
export interface PubSubSettings {
  readonly projectId: string | undefined;
  readonly emulator: { readonly host: string; readonly port: number } | undefined;
  readonly apiEndpoint: string | undefined;
  readonly credentials: PubSubOptions['credentials'];
  readonly authClient: PubSubOptions['authClient'];
  readonly sessionTimeoutMs: number;
  readonly pullers: number;
  readonly pullEvents: number;
  readonly pullWaitMs: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly topicRetentionMs: number;
  readonly subscription: string;
}

const declared = {
  projectId: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    shownDefault: 'what the credentials or the machine say',
    doc: 'required for an emulator, which takes any',
  }),
  emulatorHost: option.given<string | false>({
    isAddress: true,
    inConfig: expected.like('text, or false', (value) => typeof value === 'string' || value === false),
    shownDefault: '`PUBSUB_EMULATOR_HOST`',
    doc: '`host:port` of an emulator, reached without TLS and credentials; `false` to ignore the one in the environment',
  }),
  apiEndpoint: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    shownDefault: 'the global one',
    doc: 'another address of the service. The service keeps the order of a key among publishers of **one region**: name a regional endpoint where producers run in several',
  }),
  credentials: option.given<NonNullable<PubSubOptions['credentials']>>({
    isSecret: true,
    inConfig: expected.record({ client_email: expected.text, private_key: expected.text }, [
      'client_email',
      'private_key',
    ]),
    shownDefault: 'Application Default Credentials',
    doc: '`client_email` and `private_key` of a service account',
  }),
  authClient: option.given<NonNullable<PubSubOptions['authClient']>>({
    isSecret: true,
    inConfig: expected.like('an authentication client', isObject),
    shownDefault: 'Application Default Credentials',
    doc: 'an authentication client of `google-auth-library` that was made elsewhere',
  }),
  sessionTimeout: option.duration({
    byDefault: '20s',
    least: '10s',
    most: '600s',
    doc: 'how long a silent member keeps its events, 10 s to 600 s. Leases are extended three times in it, for as long as handlers need',
  }),
  pullers: option.whole({ byDefault: 1, most: 16, doc: 'concurrent pulls per consumer, up to 16' }),
  pullEvents: option.whole({
    byDefault: 1_000,
    most: 1_000,
    doc: 'events of one pull at most, up to 1,000; never more than there is room for, nor than make 1 MB by the size of what came before',
  }),
  pullWait: option.duration({
    byDefault: '2s',
    least: '100ms',
    doc: 'how long a pull waits for new events, at most half of `sessionTimeout`. Closing a consumer waits for it as well',
  }),
  connectTimeout: option.duration({
    byDefault: '15s',
    least: '100ms',
    most: '600s',
    doc: 'until a connection counts as failed, and another one is opened',
  }),
  requestTimeout: option.duration({
    byDefault: '15s',
    least: '100ms',
    most: '600s',
    doc: 'until a request counts as unanswered, or a ping of the [connection](#operating-it)',
  }),
  topicRetention: option.duration({
    byDefault: '7d',
    least: '10m',
    most: '31d',
    doc: 'retention of topics that are created without one',
  }),
  subscription: option.text({
    byDefault: defaultSubscription,
    doc: "the name of a group’s subscription: `{topic}` and `{group}` are replaced. `'{group}'` makes a group of each [subscription that others named](#mapping)",
  }),
} satisfies DeclarationOf<PubSubOptions>;

/** The options of `createPubSub` as they are declared, for docs and tools. */
export const pubsubOptions: DeclaredOptions = declared;

/** Names that options had. */
export const renamed: Readonly<Record<string, string>> = { ackDeadline: 'sessionTimeout' };

/** Throws `invalid-config` that names the option. */
export function resolveOptions(options: PubSubOptions, environment: NodeJS.ProcessEnv = process.env): PubSubSettings {
  const taken = takeOptions(declared, options, { where: 'pubsub', renamed });
  const { projectId, apiEndpoint, credentials, authClient } = options;
  if (projectId !== undefined && !/^[a-z0-9][a-z0-9.:-]*$/.test(projectId))
    throw invalid(`projectId is ${shown(projectId)}. Give the project's id, not its name`);
  if (apiEndpoint !== undefined && !/^(?:https:\/\/)?[A-Za-z0-9.-]+(?::\d{1,5})?\/?$/.test(apiEndpoint))
    throw invalid(`apiEndpoint is ${shown(apiEndpoint)}. Give a host such as 'europe-west1-pubsub.googleapis.com'`);
  const emulator = resolveEmulator(options, environment);
  if (emulator !== undefined && projectId === undefined)
    throw invalid('projectId is missing. The emulator takes any, such as projectId: "local"');
  const { sessionTimeout: sessionTimeoutMs, subscription } = taken;
  if (
    subscription.split('{group}').length !== 2 ||
    !/^[\w.~+%-]*$/.test(subscription.replaceAll(/\{(?:topic|group)\}/g, ''))
  )
    throw invalid(
      `subscription is ${shown(subscription)}. Put {group} into it once, beside {topic} and what the name of a subscription may have`,
    );
  return {
    projectId,
    emulator,
    apiEndpoint,
    credentials,
    authClient,
    sessionTimeoutMs,
    pullers: taken.pullers,
    pullEvents: taken.pullEvents,
    // What a pull brings counts as held from when it was sent, so it must come back long before that runs out.
    pullWaitMs: between('pullWait', taken.pullWait, 100, sessionTimeoutMs / 2),
    connectTimeoutMs: taken.connectTimeout,
    requestTimeoutMs: taken.requestTimeout,
    topicRetentionMs: taken.topicRetention,
    subscription,
  };
}

/** An emulator and something that belongs to the service are never both meant. */
function resolveEmulator(
  options: PubSubOptions,
  environment: NodeJS.ProcessEnv,
): { readonly host: string; readonly port: number } | undefined {
  const { emulatorHost } = options;
  const fromEnvironment = environment['PUBSUB_EMULATOR_HOST'];
  const address = emulatorHost ?? (fromEnvironment === '' ? undefined : fromEnvironment);
  if (address === undefined || address === false) return undefined;
  const source = emulatorHost === undefined ? 'PUBSUB_EMULATOR_HOST' : 'emulatorHost';
  const ofTheService = (['apiEndpoint', 'credentials', 'authClient'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (ofTheService !== undefined)
    throw invalid(
      `${source} is set, and ${ofTheService} belongs to the service itself. Leave one out; emulatorHost: false overrides the environment`,
    );
  const match = /^(?:http:\/\/)?([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})\/?$/.exec(address);
  const port = Number(match?.[2] ?? Number.NaN);
  if (!(port > 0 && port < 65_536))
    throw invalid(`${source} is ${shown(address)}. Give host:port, such as 'localhost:8085'`);
  return { host: match?.[1] ?? '', port };
}

function between(name: string, ms: number, least: number, most: number): number {
  if (ms >= least && ms <= most) return ms;
  throw invalid(`${name} is ${ms} ms. Give ${least} to ${most} ms`);
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'pubsub' });
}
