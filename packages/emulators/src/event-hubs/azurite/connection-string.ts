/** The account that every Azurite has; its key is public. */
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

export const broker = 'Azurite';

/** Those that it refuses by their version alone work with it all the same. */
export const anyApiVersion = '--skipApiVersionCheck';

export function connectionStringOf(host: string, port: number): string {
  return `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=http://${host}:${port}/${account};`;
}
