import type { LocalBroker, StartOptions } from '../local-broker.ts';
import { startAzurite } from './azurite/azurite.ts';
import { startEventHubs } from './process.ts';

/** A namespace of our own server, which is native in either mode, and Azurite for positions. Throws `BrokerUnavailable`. */
export async function startEventHubsBroker({ mode, port, progress }: StartOptions): Promise<LocalBroker> {
  const shown = { ...(progress === undefined ? {} : { progress }) };
  const azurite = await startAzurite({
    ...shown,
    ...(mode === undefined ? {} : { mode }),
    // A port that was asked for is that of the hubs.
    ...(port === 'usual' ? { port } : {}),
  });
  const hubs = await startEventHubs({ ...shown, ...(port === undefined ? {} : { port }) }).catch(
    async (error: unknown) => {
      await azurite.stop();
      throw error;
    },
  );
  const stop = async (): Promise<void> => {
    await Promise.all([hubs[Symbol.asyncDispose](), azurite.stop()]);
  };
  return {
    url: urlOf(hubs.connectionString, azurite.connectionString, hubs.controlUrl),
    description: `Event Hubs emulator, native, and ${azurite.description}`,
    stop,
    died: () => Promise.race([hubs.died(), azurite.died()]),
    [Symbol.asyncDispose]: stop,
  };
}

function urlOf(connectionString: string, checkpoints: string, management: string): string {
  const entries = new Map(connectionString.split(';').map((entry) => split(entry)));
  const key = encodeURIComponent(entries.get('SharedAccessKey') ?? '');
  const address = `${entries.get('SharedAccessKeyName') ?? ''}:${key}@${entries.get('Endpoint')?.slice('sb://'.length) ?? ''}`;
  const place = { subscriptionId: 'local', resourceGroup: 'local', management };
  const query = new URLSearchParams({ emulator: 'true', checkpoints, container: 'isostream', ...place });
  return `eventhubs://${address.replace(/\/$/, '')}?${query.toString()}`;
}

/** Keys are base64 and hold the sign themselves. */
function split(entry: string): readonly [string, string] {
  const equals = entry.indexOf('=');
  return [entry.slice(0, equals), entry.slice(equals + 1)];
}
