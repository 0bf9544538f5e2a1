import type { TokenCredential } from '@azure/core-auth';
import { bounded } from '@isostream/core/adapter';
import type { EventHubsManagement, HubSettings } from './management.ts';

export interface ResourceManagerOptions {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** The namespace's name, without its domain. */
  readonly namespace: string;
  /** Its principal needs the actions `Microsoft.EventHub/namespaces/eventhubs/*`, which the role Contributor has. */
  readonly credential: TokenCredential;
  /** Default `https://management.azure.com`; another in sovereign clouds. */
  readonly endpoint?: string;
}

const apiVersion = '2024-01-01';
const hour = 3_600_000;
const tokenMs = 30_000;

/**
 * Hubs and consumer groups by Azure Resource Manager. Rejects with an `Error` that has Azure's own code and message.
 * Requests and answers: learn.microsoft.com/rest/api/eventhub, version 2024-01-01.
 */
export function createResourceManager(options: ResourceManagerOptions): EventHubsManagement {
  const { subscriptionId, resourceGroup, namespace, credential, endpoint = 'https://management.azure.com' } = options;
  const place = [subscriptionId, 'resourceGroups', resourceGroup, 'providers', 'Microsoft.EventHub', 'namespaces'];
  const root = `/subscriptions/${[...place, namespace, 'eventhubs'].map(encodeURIComponent).join('/')}`;

  const call = async (method: string, url: string, body?: object, signal?: AbortSignal): Promise<unknown> => {
    const within = signal === undefined ? {} : { abortSignal: signal };
    const token = await bounded('credential', () => credential.getToken(`${endpoint}/.default`, within), tokenMs);
    if (token === null) throw new Error('no credential gave a token for Azure Resource Manager');
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if (response.ok) return answer;
    throw new ResourceManagerError(response.status, answer);
  };
  const urlOf = (...parts: readonly string[]): string =>
    `${endpoint}${[root, ...parts.map(encodeURIComponent)].join('/')}?api-version=${apiVersion}`;

  const describeHub = async (hub: string, signal?: AbortSignal): Promise<HubSettings | undefined> => {
    try {
      return toSettings(await call('GET', urlOf(hub), undefined, signal));
    } catch (error) {
      if (error instanceof ResourceManagerError && error.status === 404) return undefined;
      throw error;
    }
  };
  const put = async (hub: string, settings: Partial<HubSettings>, signal?: AbortSignal): Promise<void> => {
    await call('PUT', urlOf(hub), { properties: toProperties(settings) }, signal);
  };

  return {
    describeHub,
    async listHubs(signal) {
      const names: string[] = [];
      let next: string | undefined = urlOf();
      while (next !== undefined) {
        const page: unknown = await call('GET', next, undefined, signal);
        const value = field(page, 'value');
        if (Array.isArray(value)) names.push(...value.map((hub) => String(field(hub, 'name'))));
        const link = field(page, 'nextLink');
        next = typeof link === 'string' && link !== '' ? link : undefined;
      }
      return names;
    },
    async createHub(hub, settings, signal) {
      // A PUT would change the hub that is there.
      if ((await describeHub(hub, signal)) !== undefined) throw new Error(`event hub "${hub}" exists`);
      await put(hub, settings, signal);
    },
    async updateHub(hub, settings, signal) {
      await put(hub, { ...(await describeHub(hub, signal)), ...settings }, signal);
    },
    async deleteHub(hub, signal) {
      await call('DELETE', urlOf(hub), undefined, signal);
    },
    async createConsumerGroup(hub, consumerGroup, signal) {
      await call('PUT', urlOf(hub, 'consumergroups', consumerGroup), { properties: {} }, signal);
    },
    async deleteConsumerGroup(hub, consumerGroup, signal) {
      await call('DELETE', urlOf(hub, 'consumergroups', consumerGroup), undefined, signal);
    },
  };
}

class ResourceManagerError extends Error {
  override readonly name = 'ResourceManagerError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, answer: unknown) {
    const error = field(answer, 'error');
    const [code, message] = [field(error, 'code'), field(error, 'message')];
    super(typeof message === 'string' ? message : `Azure Resource Manager answered ${status}`);
    this.status = status;
    this.code = typeof code === 'string' ? code : String(status);
  }
}

function toProperties({ partitions, retentionMs, userMetadata }: Partial<HubSettings>): object {
  return {
    ...(partitions === undefined ? {} : { partitionCount: partitions }),
    ...(retentionMs === undefined
      ? {}
      : { retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: Math.ceil(retentionMs / hour) } }),
    ...(userMetadata === undefined ? {} : { userMetadata }),
  };
}

function toSettings(resource: unknown): HubSettings {
  const properties = field(resource, 'properties');
  const hours = field(field(properties, 'retentionDescription'), 'retentionTimeInHours');
  const days = field(properties, 'messageRetentionInDays');
  const userMetadata = field(properties, 'userMetadata');
  return {
    partitions: Number(field(properties, 'partitionCount')),
    retentionMs: typeof hours === 'number' ? hours * hour : Number(days) * 24 * hour,
    ...(typeof userMetadata === 'string' ? { userMetadata } : {}),
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
