import { invalidAddress, parseAddress } from '@isostream/core/adapter';
import type { EventHubsPlan } from './plan.ts';

/**
 * `eventhubs://name.servicebus.windows.net?checkpoints=https://account.blob.core.windows.net/container`; with
 * `subscriptionId` and `resourceGroup` hubs are made as well. With `keyName:key@` in front of the host no Azure credential is
 * needed for the namespace, and with `container` none for `checkpoints`, which is then a connection string. `emulator=true` for
 * one without TLS, and its Resource Manager as `management`. Throws `invalid-config`.
 */
export function parseEventHubsUrl(url: string): EventHubsPlan {
  const { host, user, password, parameters } = parseAddress(url, {
    scheme: 'eventhubs',
    example:
      'eventhubs://name.servicebus.windows.net?checkpoints=https://account.blob.core.windows.net/container, or eventhubs://keyName:key@name.servicebus.windows.net',
    host: /^[A-Za-z0-9.-]+(?::\d{1,5})?$/,
    parameters: ['checkpoints', 'container', 'subscriptionId', 'resourceGroup', 'management', 'emulator'],
  });
  const { checkpoints, container, subscriptionId, resourceGroup, management: endpoint, emulator } = parameters;
  if (`${user}${password}`.includes(';'))
    throw invalidAddress('url has a ; in user or key, which no key of Event Hubs has. Copy the key again');
  if ((subscriptionId === undefined) !== (resourceGroup === undefined))
    throw invalidAddress('url has one of subscriptionId and resourceGroup. Give both, or none');
  return {
    ...(host === undefined
      ? {}
      : user === undefined || password === undefined
        ? { fullyQualifiedNamespace: host }
        : { connectionString: connectionStringOf(host, user, password, emulator === 'true') }),
    ...(checkpoints === undefined
      ? {}
      : { checkpoints: container === undefined ? { url: checkpoints } : { connectionString: checkpoints, container } }),
    ...(subscriptionId === undefined || resourceGroup === undefined
      ? {}
      : { management: { subscriptionId, resourceGroup, ...(endpoint === undefined ? {} : { endpoint }) } }),
  };
}

function connectionStringOf(host: string, keyName: string, key: string, isEmulator: boolean): string {
  const development = isEmulator ? ';UseDevelopmentEmulator=true' : '';
  return `Endpoint=sb://${host};SharedAccessKeyName=${keyName};SharedAccessKey=${key}${development}`;
}
