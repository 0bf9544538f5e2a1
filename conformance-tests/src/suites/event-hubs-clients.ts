import {
  createEventHubs,
  createResourceManager,
  type EventHubsAdapter,
  type EventHubsOptions,
} from '@isostream/event-hubs';
import { azureCredential } from './azure-credential.ts';

/** How clients of the suite reach Event Hubs, in this process and in others: as `connect` takes them, without what is not plain data. */
export interface EventHubsSuiteSettings extends Omit<EventHubsOptions, 'checkpoints' | 'management'> {
  readonly checkpoints: {
    readonly connectionString?: string;
    readonly container?: string;
    readonly url?: string;
  };
  /** Where Azure Resource Manager finds the namespace; `endpoint` is its own, or that of what answers in its place. */
  readonly management: {
    readonly subscriptionId: string;
    readonly resourceGroup: string;
    readonly namespace?: string;
    readonly endpoint?: string;
  };
}

export const leaseMs = 6_000;

/** Also called by member processes. */
export function createAdapter(
  { checkpoints, management, connectionString, fullyQualifiedNamespace = '', ...settings }: EventHubsSuiteSettings,
  _clientId: string,
): EventHubsAdapter {
  const { connectionString: storage, container = 'checkpoints', url } = checkpoints;
  const [, host = fullyQualifiedNamespace] = /Endpoint=sb:\/\/([^;/]+)/i.exec(connectionString ?? '') ?? [];
  return createEventHubs({
    ...settings,
    ...(connectionString === undefined
      ? { fullyQualifiedNamespace, credential: azureCredential() }
      : { connectionString }),
    checkpoints:
      storage === undefined
        ? { url: url ?? '', credential: azureCredential() }
        : { connectionString: storage, container },
    management: createResourceManager({
      namespace: host.split('.')[0] ?? '',
      ...management,
      credential: azureCredential(management.endpoint),
    }),
    sessionTimeout: leaseMs,
    discovery: '1s',
    requestTimeout: '5s',
  });
}

/** What member processes load. */
export const clientsModule: string = import.meta.url;
