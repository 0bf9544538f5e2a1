import { type Azurite, startAzurite } from '@isostream/emulators';
import { ContainerClient } from '@azure/storage-blob';

let containers = 0;

/** Azurite, and a fresh container for whoever asks. */
export interface Storage extends AsyncDisposable {
  readonly azurite: Azurite;
  container(): Promise<ContainerClient>;
}

export async function startStorage(): Promise<Storage> {
  const azurite = await startAzurite({ mode: 'native' });
  return {
    azurite,
    async container() {
      const client = new ContainerClient(azurite.connectionString, `test-${++containers}`);
      await client.create();
      return client;
    },
    [Symbol.asyncDispose]: () => azurite.stop(),
  };
}
