import { kafkajsInternals } from './kafkajs-internals.ts';
import type { Protocol } from './kafkajs-protocol.ts';
import { WireError } from './wire-error.ts';

/** In kafkajs's own form. */
export interface Sasl {
  readonly mechanism: string;
  readonly username?: string;
  readonly password?: string;
  readonly oauthBearerProvider?: () => Promise<{ readonly value: string }>;
}

const sizeBytes = 4;
/** Kafka itself allows 16,384. */
const mostIterations = 1_000_000;

/** Runs kafkajs's side of a SASL mechanism. Resolves with the session's length in milliseconds, 0 for no end. */
export async function authenticate(
  address: { readonly host: string; readonly port: number },
  sasl: Sasl,
  versions: object,
  exchange: (protocol: Protocol) => Promise<unknown>,
): Promise<number> {
  const { SaslAuthenticator, logger } = kafkajsInternals();
  const send = async (protocol: Protocol): Promise<unknown> => {
    const answer = await protocol.response.parse(await exchange(protocol));
    if (sasl.mechanism === 'oauthbearer') refuseChallenge(answer);
    else refuseLabour(answer);
    return answer;
  };
  const authenticator = new SaslAuthenticator({ ...address, sasl, send }, logger, versions, true);
  await authenticator.authenticate();
  return Number(authenticator.sessionLifetime);
}

/** To a token that it does not take, a broker answers with a challenge that says why; kafkajs takes that for success. */
function refuseChallenge(answer: unknown): void {
  const said = saidIn(answer);
  if (said !== '') throw new WireError('authentication', `the token was refused: ${said}`, { sent: 'no' });
}

/** With SCRAM the broker says how often the password is hashed: billions of times would keep a thread busy for an hour. */
function refuseLabour(answer: unknown): void {
  const [, iterations = '0'] = /(?:^|,)i=(\d+)/.exec(saidIn(answer)) ?? [];
  if (Number(iterations) > mostIterations)
    throw new WireError(
      'authentication',
      `the broker asks to hash the password ${iterations} times, more than ${mostIterations}`,
      { sent: 'no' },
    );
}

function saidIn(answer: unknown): string {
  const bytes: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'authBytes') : undefined;
  return Buffer.isBuffer(bytes) && bytes.length > sizeBytes ? bytes.toString('utf8', sizeBytes) : '';
}
