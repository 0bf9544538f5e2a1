import { invalid } from '../invalid-config.ts';
import { redactUrl } from '../redact.ts';
import type { KafkaConfig } from './kafka.ts';

const known = new Set(['ssl', 'sasl']);
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/**
 * `kafka://user:password@host:9092,host2:9092?ssl=true&sasl=scram-sha-256`; user and password percent-encoded.
 * Throws `invalid-config` that shows no secret.
 */
export function parseKafkaUrl(url: string): KafkaConfig {
  const match = /^kafka:\/\/(?:([^@/?]*)@)?([^/?#]+)\/?(?:\?([^#]*))?$/.exec(url);
  const refuse = (problem: string): never => {
    throw invalid(
      `url ${JSON.stringify(redactUrl(url))} ${problem}. Give kafka://host:9092, or kafka://user:password@host:9092?ssl=true&sasl=plain`,
    );
  };
  if (match === null) return refuse('is no address of Kafka');
  const [, user, hosts = '', query = ''] = match;
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) if (!known.has(name)) return refuse(`has an unknown parameter ${name}`);
  const brokers = hosts.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:9092`));
  const ssl = parameters.get('ssl');
  if (ssl !== null && ssl !== 'true' && ssl !== 'false') return refuse('has ssl that is neither true nor false');
  const sasl = parameters.get('sasl') ?? 'plain';
  const mechanism = mechanisms.find((name) => name === sasl);
  if (mechanism === undefined) return refuse(`asks for sasl=${sasl}. Known are ${mechanisms.join(', ')}`);
  if (user === undefined) {
    if (parameters.has('sasl')) return refuse('asks for sasl and has no user');
    return { brokers, ...(ssl === null ? {} : { ssl: ssl === 'true' }) };
  }
  const [username = '', password = ''] = user.split(':').map(decodeURIComponent);
  return { brokers, ...(ssl === null ? {} : { ssl: ssl === 'true' }), sasl: { mechanism, username, password } };
}
