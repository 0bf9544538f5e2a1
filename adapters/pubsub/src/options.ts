import { type Duration, shown, StreamError, toMilliseconds, unknownOption } from '@isostream/core/adapter';
import type { ClientOptions } from 'google-gax';

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
  /** Events of one pull at most, up to 1,000. What finds no room waits in the consumer. Default 100. */
  readonly pullEvents?: number;
  /** How long a pull waits for new events, at most half of `sessionTimeout`; closing a consumer waits for it as well. Default 2 s. */
  readonly pullWait?: Duration;
  /** Until a request counts as unanswered. Default 15 s. */
  readonly requestTimeout?: Duration;
  /** Retention of topics that are created without one: without any a new group could not start at `earliest`. Default 7 days. */
  readonly topicRetention?: Duration;
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
  readonly requestTimeoutMs: number;
  readonly topicRetentionMs: number;
}

const known = [
  'projectId',
  'emulatorHost',
  'apiEndpoint',
  'credentials',
  'authClient',
  'sessionTimeout',
  'pullers',
  'pullEvents',
  'pullWait',
  'requestTimeout',
  'topicRetention',
];

/** Names that options had. */
export const renamed: Readonly<Record<string, string>> = { ackDeadline: 'sessionTimeout' };

/** Throws `invalid-config` that names the option. */
export function resolveOptions(options: PubSubOptions, environment: NodeJS.ProcessEnv = process.env): PubSubSettings {
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw invalid(unknownOption(name, known, renamed));
  const { projectId, pullers = 1, pullEvents = 100, apiEndpoint, credentials, authClient } = options;
  if (projectId !== undefined && !/^[a-z0-9][a-z0-9.:-]*$/.test(projectId))
    throw invalid(`projectId is ${shown(projectId)}. Give the project's id, not its name`);
  if (apiEndpoint !== undefined && !/^(?:https:\/\/)?[A-Za-z0-9.-]+(?::\d{1,5})?\/?$/.test(apiEndpoint))
    throw invalid(`apiEndpoint is ${shown(apiEndpoint)}. Give a host such as 'europe-west1-pubsub.googleapis.com'`);
  const emulator = resolveEmulator(options, environment);
  if (emulator !== undefined && projectId === undefined)
    throw invalid('projectId is missing. The emulator takes any, such as projectId: "local"');
  const sessionTimeoutMs = between(
    'sessionTimeout',
    toMilliseconds(options.sessionTimeout ?? '20s', 'sessionTimeout'),
    10_000,
    600_000,
  );
  return {
    projectId,
    emulator,
    apiEndpoint,
    credentials,
    authClient,
    sessionTimeoutMs,
    pullers: whole('pullers', pullers, 16),
    pullEvents: whole('pullEvents', pullEvents, 1_000),
    // What a pull brings counts as held from when it was sent, so it must come back long before that runs out.
    pullWaitMs: between('pullWait', toMilliseconds(options.pullWait ?? '2s', 'pullWait'), 100, sessionTimeoutMs / 2),
    requestTimeoutMs: between(
      'requestTimeout',
      toMilliseconds(options.requestTimeout ?? '15s', 'requestTimeout'),
      100,
      600_000,
    ),
    topicRetentionMs: between(
      'topicRetention',
      toMilliseconds(options.topicRetention ?? '7d', 'topicRetention'),
      600_000,
      31 * 86_400_000,
    ),
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

function between(option: string, ms: number, least: number, most: number): number {
  if (ms >= least && ms <= most) return ms;
  throw invalid(`${option} is ${ms} ms. Give ${least} to ${most} ms`);
}

function whole(option: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(`${option} is ${shown(value)}. Give a whole number from 1 to ${most}`);
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'pubsub' });
}
