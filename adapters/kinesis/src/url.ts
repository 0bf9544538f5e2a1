import { parseAddress } from '@isostream/core/adapter';
import type { KinesisOptions } from './options.ts';

/**
 * `kinesis://eu-west-1`; `endpoint` and `dynamoEndpoint` as parameters, for emulators and private links, and the keys of an
 * emulator in front: `kinesis://id:secret@eu-west-1`. Throws `invalid-config`.
 */
export function parseKinesisUrl(url: string): KinesisOptions {
  const { host, user, password, parameters } = parseAddress(url, {
    scheme: 'kinesis',
    example: 'kinesis://eu-west-1, or kinesis://keyId:key@eu-west-1',
    host: /^[a-z0-9-]+$/,
    parameters: ['endpoint', 'dynamoEndpoint', 'leaseTable'],
  });
  return {
    ...parameters,
    ...(host === undefined ? {} : { region: host }),
    ...(user === undefined || password === undefined
      ? {}
      : { credentials: { accessKeyId: user, secretAccessKey: password } }),
  };
}
