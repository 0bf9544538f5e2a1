import { StreamError, untilAborted } from '@isostream/core/adapter';
import type { TokenCredential } from '@azure/core-auth';
import type { EventHubsManagement, HubSettings } from './management.ts';

const apiVersion = '2024-01-01';
const hour = 3_600_000;

export interface ResourceManagerOptions {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** The namespace’s own name, without `.servicebus.windows.net`. */
  readonly namespace: string;
  /** Needs a role that may write hubs, such as Azure Event Hubs Data Owner together with Contributor on the namespace. */
  readonly credential: TokenCredential;
  /** Default `https://management.azure.com`; sovereign clouds have others. */
  readonly endpoint?: string;
}

/** What Resource Manager answered, where it was no success. */
class ResourceManagerError extends Error {
  override readonly name = 'ResourceManagerError';
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Hubs and consumer groups by Azure Resource Manager’s own requests, for the option `management`. */
export function createResourceManager(options: ResourceManagerOptions): EventHubsManagement {
  const { subscriptionId, resourceGroup, namespace, credential, endpoint = 'https://management.azure.com' } = options;
  const base = new URL(
    `subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.EventHub/namespaces/${namespace}/eventhubs`,
    endpoint.endsWith('/') ? endpoint : `${endpoint}/`,
  );

  const request = async (
    method: 'GET' | 'PUT' | 'DELETE',
    path: readonly string[],
    { body, url, signal }: { readonly body?: unknown; readonly url?: string; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<unknown> => {
    const at = new URL(url ?? [base.href, ...path.map(encodeURIComponent)].join('/'));
    if (url === undefined) at.searchParams.set('api-version', apiVersion);
    const token = await untilAborted(credential.getToken(new URL('/.default', endpoint).href), signal);
    const response = await fetch(at, {
      method,
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    }).catch((cause: unknown) => {
      throw new StreamError('unavailable', `Azure Resource Manager at ${at.origin} cannot be reached`, {
        where: 'event-hubs',
        cause,
      });
    });
    const text = await response.text();
    if (!response.ok) throw new ResourceManagerError(response.status, messageIn(text) ?? response.statusText);
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    return answer;
  };
  const put = (hub: string, settings: Partial<HubSettings>, signal: AbortSignal | undefined): Promise<unknown> =>
    request('PUT', [hub], { body: { properties: propertiesOf(settings) }, signal });
  const describeHub = async (hub: string, signal?: AbortSignal): Promise<HubSettings | undefined> => {
    const found = await request('GET', [hub], { signal }).catch(unlessMissing);
    return found === undefined ? undefined : settingsOf(found);
  };

  return {
    describeHub,
    async listHubs(signal) {
      const names: string[] = [];
      let page = await request('GET', [], { signal });
      for (;;) {
        for (const hub of arrayOf(read(page, 'value'))) names.push(textOf(read(hub, 'name')) ?? '');
        const url = textOf(read(page, 'nextLink'));
        if (url === undefined) return names;
        page = await request('GET', [], { url, signal });
      }
    },
    async createHub(hub, settings, signal) {
      if ((await describeHub(hub, signal)) !== undefined) throw new ResourceManagerError(409, `hub "${hub}" exists`);
      await put(hub, settings, signal);
    },
    async updateHub(hub, settings, signal) {
      const found = await describeHub(hub, signal);
      if (found === undefined) throw new ResourceManagerError(404, `hub "${hub}" does not exist`);
      // A PUT replaces all of them.
      await put(hub, { ...found, ...settings }, signal);
    },
    async deleteHub(hub, signal) {
      await request('DELETE', [hub], { signal });
    },
    async createConsumerGroup(hub, consumerGroup, signal) {
      const path = [hub, 'consumergroups', consumerGroup];
      const found = await request('GET', path, { signal }).catch(unlessMissing);
      if (found === undefined) await request('PUT', path, { body: { properties: {} }, signal });
    },
    async deleteConsumerGroup(hub, consumerGroup, signal) {
      // Every hub has it, and keeps it.
      if (consumerGroup.toLowerCase() === '$default') return;
      await request('DELETE', [hub, 'consumergroups', consumerGroup], { signal }).catch(unlessMissing);
    },
  };
}

function propertiesOf({ partitions, retentionMs, userMetadata }: Partial<HubSettings>): object {
  return {
    ...(partitions === undefined ? {} : { partitionCount: partitions }),
    ...(retentionMs === undefined
      ? {}
      : { retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: Math.ceil(retentionMs / hour) } }),
    ...(userMetadata === undefined ? {} : { userMetadata }),
  };
}

function settingsOf(resource: unknown): HubSettings {
  const properties = read(resource, 'properties');
  const hours = numberOf(read(read(properties, 'retentionDescription'), 'retentionTimeInHours'));
  const days = numberOf(read(properties, 'messageRetentionInDays'));
  const userMetadata = textOf(read(properties, 'userMetadata'));
  return {
    partitions: numberOf(read(properties, 'partitionCount')) ?? 0,
    retentionMs: (hours ?? (days ?? 0) * 24) * hour,
    ...(userMetadata === undefined ? {} : { userMetadata }),
  };
}

function unlessMissing(thrown: unknown): undefined {
  if (thrown instanceof ResourceManagerError && thrown.statusCode === 404) return undefined;
  throw thrown;
}

function messageIn(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return textOf(read(read(answer, 'error'), 'message'));
  } catch {
    return undefined;
  }
}

function read(value: unknown, property: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, property) : undefined;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
