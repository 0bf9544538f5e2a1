export const region = 'eu-west-1';

export const credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } = {
  accessKeyId: 'isostream',
  secretAccessKey: 'isostream',
};

/** The address that `connect` takes for emulators. */
export function urlOf(endpoint: string, dynamoEndpoint: string): string {
  const { accessKeyId, secretAccessKey } = credentials;
  return `kinesis://${accessKeyId}:${secretAccessKey}@${region}?${new URLSearchParams({ endpoint, dynamoEndpoint }).toString()}`;
}
