export const defaultKeyName = 'RootManageSharedAccessKey';

/** Clients take it for an emulator's: without TLS, on its port. */
export function connectionStringOf(host: string, port: number, keys: Readonly<Record<string, string>>): string {
  const [[name, key] = ['', '']] = Object.entries(keys);
  return `Endpoint=sb://${host}:${port};SharedAccessKeyName=${name};SharedAccessKey=${key};UseDevelopmentEmulator=true;`;
}
