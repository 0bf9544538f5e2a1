export const defaultKeyName = 'RootManageSharedAccessKey';

type Keys = Readonly<Record<string, string>>;

/** Clients take it for an emulator's: without TLS, on its port. */
export function connectionStringOf(host: string, port: number, keys: Keys): string {
  return `${tlsConnectionStringOf(host, port, keys)}UseDevelopmentEmulator=true;`;
}

/** Clients take it for the service's: with TLS. */
export function tlsConnectionStringOf(host: string, port: number, keys: Keys): string {
  const [[name, key] = ['', '']] = Object.entries(keys);
  return `Endpoint=sb://${host}:${port};SharedAccessKeyName=${name};SharedAccessKey=${key};`;
}
