import { kafkajsInternals } from './kafkajs-internals.ts';
import type { Protocol } from './kafkajs-protocol.ts';
import { WireError } from './wire-error.ts';

interface Range {
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What a broker takes, by Kafka's number of the request. */
export type Versions = Readonly<Record<number, Range | undefined>>;

const unsupportedVersion = 35;

/** As kafkajs decodes an answer to ApiVersions. */
export function toVersions(decoded: unknown): Versions {
  const { apiVersions } = decoded as { readonly apiVersions: readonly (Range & { readonly apiKey: number })[] };
  return Object.fromEntries(
    apiVersions.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { minVersion, maxVersion }]),
  );
}

/** A request in the newest version that both sides know. Throws Kafka's error 35 where there is none. */
export function newest(versions: Versions, api: string): (parameters: object) => Protocol {
  const { apiKeys, requests } = kafkajsInternals();
  const definition = requests[api];
  const taken = versions[apiKeys[api] ?? -1];
  const known = (definition?.versions ?? []).map(Number);
  const common = known.filter(
    (version) => taken !== undefined && version >= taken.minVersion && version <= taken.maxVersion,
  );
  if (definition !== undefined && common.length > 0) return definition.protocol({ version: Math.max(...common) });
  const offers = taken === undefined ? 'does not take it' : `takes ${taken.minVersion} to ${taken.maxVersion}`;
  throw new WireError(
    'protocol',
    `the request ${api} is known here in versions ${Math.min(...known)} to ${Math.max(...known)}, and the broker ${offers}`,
    { code: unsupportedVersion, sent: 'no' },
  );
}
