import { entityNotFound } from '../service-error.ts';
import type { HubDescription, HubOptions } from '../store/namespace.ts';
import type { ControlAnswer, ControlRequest } from './http-server.ts';
import { field, numberField, stringField } from './read-json.ts';

const hour = 3_600_000;

/** What can be done to the hubs of a server. */
interface Hubs {
  listHubs(): readonly HubDescription[];
  findHub(name: string): HubDescription | undefined;
  createHub(name: string, options: HubOptions): HubDescription;
  alterHub(name: string, options: Omit<HubOptions, 'consumerGroups'>): HubDescription;
  deleteHub(name: string): void;
  createGroup(hub: string, group: string): void;
  deleteGroup(hub: string, group: string): void;
}

/**
 * The part of Azure Resource Manager that creates, changes, lists and deletes hubs and consumer groups, at its own paths:
 * `/subscriptions/S/resourceGroups/G/providers/Microsoft.EventHub/namespaces/N/eventhubs/HUB/consumergroups/GROUP`.
 * Any subscription, resource group and namespace is this one. `undefined` for other paths.
 */
export function answerResourceManager(server: Hubs, request: ControlRequest): ControlAnswer | undefined {
  const { path, method } = request;
  if (path[0]?.toLowerCase() !== 'subscriptions' || path[8]?.toLowerCase() !== 'eventhubs') return undefined;
  if (request.authorization?.startsWith('Bearer ') !== true)
    return { status: 401, body: { error: { code: 'AuthenticationFailed', message: 'No bearer token was sent.' } } };
  const at = `/${path.slice(0, 9).join('/')}`;
  const hub = path[9];
  if (hub === undefined) return { status: 200, body: { value: server.listHubs().map((one) => hubResource(at, one)) } };
  if (path.length === 10) return answerHub(server, at, hub, request);
  if (path[10]?.toLowerCase() !== 'consumergroups') return undefined;
  const group = path[11];
  const found = server.findHub(hub);
  if (found === undefined) return absent(hub);
  if (group === undefined)
    return { status: 200, body: { value: found.consumerGroups.map((name) => groupResource(at, hub, name)) } };
  const exists = found.consumerGroups.some((name) => name.toLowerCase() === group.toLowerCase());
  if (method === 'PUT' && !exists) server.createGroup(hub, group);
  if (method === 'DELETE' && exists) server.deleteGroup(hub, group);
  if (method === 'DELETE') return { status: exists ? 200 : 204 };
  return exists || method === 'PUT' ? { status: 200, body: groupResource(at, hub, group) } : absent(group);
}

function answerHub(server: Hubs, at: string, hub: string, { method, body }: ControlRequest): ControlAnswer {
  const found = server.findHub(hub);
  if (method === 'PUT') {
    const settings = settingsOf(body);
    return {
      status: found === undefined ? 201 : 200,
      body: hubResource(at, found === undefined ? server.createHub(hub, settings) : server.alterHub(hub, settings)),
    };
  }
  if (method === 'DELETE') {
    if (found !== undefined) server.deleteHub(hub);
    return { status: found === undefined ? 204 : 200 };
  }
  return found === undefined ? absent(hub) : { status: 200, body: hubResource(at, found) };
}

function absent(name: string): ControlAnswer {
  return { status: 404, body: { error: { code: 'NotFound', message: entityNotFound(name).message } } };
}

function settingsOf(body: unknown): { partitions?: number; retentionMs?: number; userMetadata?: string } {
  const properties = field(body, 'properties');
  const partitions = numberField(properties, 'partitionCount');
  const hours = numberField(field(properties, 'retentionDescription'), 'retentionTimeInHours');
  const days = numberField(properties, 'messageRetentionInDays');
  const retentionMs = hours === undefined ? days && days * 24 * hour : hours * hour;
  const userMetadata = stringField(properties, 'userMetadata');
  return {
    ...(partitions === undefined ? {} : { partitions }),
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(userMetadata === undefined ? {} : { userMetadata }),
  };
}

function hubResource(at: string, hub: HubDescription): object {
  const hours = Math.max(1, Math.ceil(hub.retentionMs / hour));
  return {
    id: `${at}/${hub.name}`,
    name: hub.name,
    type: 'Microsoft.EventHub/namespaces/eventhubs',
    properties: {
      partitionCount: hub.partitions,
      partitionIds: Array.from({ length: hub.partitions }, (_, index) => String(index)),
      messageRetentionInDays: Math.ceil(hours / 24),
      retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: hours },
      userMetadata: hub.userMetadata,
      status: 'Active',
      createdAt: new Date(hub.createdMs).toISOString(),
    },
  };
}

function groupResource(at: string, hub: string, name: string): object {
  return {
    id: `${at}/${hub}/consumergroups/${name}`,
    name,
    type: 'Microsoft.EventHub/namespaces/eventhubs/consumergroups',
    properties: {},
  };
}
