import { createRequire } from 'node:module';

interface Credential {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }>;
}

interface Identity {
  readonly DefaultAzureCredential: new () => Credential;
}

/**
 * The token in `AZURE_ACCESS_TOKEN`; without it what `DefaultAzureCredential` of @azure/identity finds, and none for an emulator,
 * which is the only one that is reached without TLS.
 */
export function azureCredential(endpoint = 'https:'): Credential {
  const token = process.env['AZURE_ACCESS_TOKEN'] ?? (endpoint.startsWith('http:') ? 'none' : undefined);
  return {
    async getToken(scopes) {
      if (token !== undefined) return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
      return found().getToken(scopes);
    },
  };
}

/** Loaded when it is first needed: it takes long. */
function found(): Credential {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the package exports
  const identity = createRequire(import.meta.url)('@azure/identity') as Identity;
  return new identity.DefaultAzureCredential();
}
