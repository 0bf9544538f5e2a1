import { invalidAddress, parseAddress } from '@isostream/core/adapter';
import type { KafkaOptions } from './options.ts';

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const groupProtocols = ['classic', 'consumer', 'auto'] as const;
const example = 'kafka://host:9092, or kafka://user:password@host:9092?ssl=true&sasl=plain';
const broker = String.raw`(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?`;

/**
 * `kafka://user:password@host:9092,host2:9092?ssl=true&sasl=scram-sha-256&groupProtocol=consumer`; user and password
 * percent-encoded. Throws `invalid-config` that shows no secret.
 */
export function parseKafkaUrl(url: string): KafkaOptions {
  const { host, user, password, parameters } = parseAddress(url, {
    scheme: 'kafka',
    example,
    host: new RegExp(`^${broker}(?:,${broker})*$`),
    parameters: ['ssl', 'sasl', 'groupProtocol'],
  });
  const refuse = (problem: string): never => {
    throw invalidAddress(`url ${problem}. Give ${example}`);
  };
  if (host === undefined) return refuse('has no host');
  const { ssl, sasl } = parameters;
  if (ssl !== undefined && ssl !== 'true' && ssl !== 'false') return refuse('has ssl that is neither true nor false');
  const mechanism = mechanisms.find((name) => name === (sasl ?? 'plain'));
  if (mechanism === undefined) return refuse(`has an unknown sasl. Valid: ${mechanisms.join(', ')}`);
  const groupProtocol = groupProtocols.find((name) => name === parameters['groupProtocol']);
  if (parameters['groupProtocol'] !== undefined && groupProtocol === undefined)
    return refuse(`has an unknown groupProtocol. Valid: ${groupProtocols.join(', ')}`);
  const brokers = host.split(',').map((each) => (/:\d+$/.test(each) ? each : `${each}:9092`));
  const common = {
    brokers,
    ...(ssl === undefined ? {} : { ssl: ssl === 'true' }),
    ...(groupProtocol === undefined ? {} : { groupProtocol }),
  };
  if (user === undefined || password === undefined)
    return sasl === undefined ? common : refuse('asks for sasl and has no user');
  return { ...common, sasl: { mechanism, username: user, password } };
}
