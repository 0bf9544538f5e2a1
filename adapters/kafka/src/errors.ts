import { type ErrorCode, type Outcome, StreamError } from '@isostream/core/adapter';
import { WireError } from './client/wire-error.ts';

const where = 'kafka';

/** What Kafka's error codes mean to isostream. Source: org.apache.kafka.common.protocol.Errors. */
const meanings: Readonly<Record<number, readonly [code: ErrorCode, cure: string]>> = {
  2: ['unavailable', 'a batch did not arrive whole'],
  3: ['unknown-topic', "the topic does not exist. Create it, or connect with topology: 'ensure'"],
  5: ['unavailable', 'a partition has no leader at the moment'],
  6: ['unavailable', 'the leader has moved'],
  7: ['timeout', 'the brokers did not answer each other in time'],
  8: ['unavailable', 'the broker is not available'],
  9: ['unavailable', 'a replica is not available'],
  10: ['event-too-large', 'the batch is larger than the topic takes. Raise maxEventBytes, or send less'],
  13: ['unavailable', 'the broker lost its connection to another'],
  14: ['unavailable', 'the group’s coordinator is loading'],
  15: ['unavailable', 'the group has no coordinator at the moment'],
  16: ['unavailable', 'the group’s coordinator has moved'],
  17: ['invalid-config', 'the topic has a name that Kafka refuses'],
  18: ['event-too-large', 'the batch is larger than a segment of the topic. Raise segment.bytes, or send less'],
  19: ['unavailable', 'too few replicas are in sync'],
  20: ['unavailable', 'too few replicas are in sync, the event may be stored'],
  22: ['lease-lost', 'the group went on without this member'],
  23: ['conflict', 'the group is in use by clients with another protocol. Choose another group, or stop them'],
  24: ['invalid-config', 'Kafka refuses the name of the group'],
  25: ['lease-lost', 'the group does not know this member any more: its session expired'],
  26: ['invalid-config', 'the session timeout is outside of what the brokers allow. Change sessionTimeout'],
  27: ['unavailable', 'the group is rebalancing'],
  29: ['unauthorized', 'no permission on the topic. Grant READ, WRITE and DESCRIBE as needed'],
  30: ['unauthorized', 'no permission on the group. Grant READ on it'],
  31: ['unauthorized', 'no permission on the cluster'],
  32: [
    'invalid-event',
    'the stored time is further from the broker’s clock than the topic allows. Mend this machine’s clock or the time of the raw event, or set the topic’s message.timestamp.type to LogAppendTime',
  ],
  33: ['unauthenticated', 'the SASL mechanism is not enabled on the broker'],
  34: ['unauthenticated', 'the broker expects no SASL on this port. Leave sasl out, or take the port that has it'],
  35: ['unsupported', 'the broker is too old for this request. Kafka 2.1 or newer is needed'],
  36: ['conflict', 'the topic exists'],
  37: ['invalid-config', 'Kafka refuses the number of partitions'],
  38: ['invalid-config', 'Kafka refuses the replication factor: there may be too few brokers'],
  40: ['invalid-config', 'Kafka refuses a setting of the topic'],
  41: ['unavailable', 'the controller has moved'],
  44: ['invalid-config', 'a policy of the cluster refuses this'],
  45: ['unavailable', 'the broker saw another sequence than it expected'],
  47: ['unavailable', 'the producer id is out of date'],
  56: ['unavailable', 'a disk of the broker failed'],
  58: ['unauthenticated', 'user or password is wrong. Check sasl'],
  59: ['unavailable', 'the broker does not know the producer id any more'],
  60: ['unavailable', 'a reassignment is under way'],
  68: ['conflict', 'the group has members. Stop them first'],
  69: ['lease-lost', 'the group is gone, or has members of the classic protocol by now'],
  86: ['conflict', 'the group has members that read the topic. Stop them first'],
  72: ['unavailable', 'the broker is not ready'],
  74: ['unavailable', 'the leader has changed'],
  75: ['unavailable', 'the leader has changed'],
  76: ['unsupported', 'the topic or the broker does not take this compression'],
  78: ['unavailable', 'the leader was just elected'],
  81: ['conflict', 'the group has as many members as the brokers allow. Raise group.max.size, or run fewer'],
  82: ['lease-lost', 'another member took this member’s place'],
  87: [
    'invalid-event',
    'the topic refuses the event. A compacted topic takes none without a key; the broker’s log says what else it was',
  ],
  89: ['throttled', 'the broker asks to slow down'],
  90: ['unavailable', 'the producer id is out of date'],
  110: ['lease-lost', 'the group went on without this member'],
  113: ['unavailable', 'the group has moved on, and this member is told so by its next heartbeat'],
};

/** A StreamError for a Kafka error code. */
export function kafkaError(
  code: number,
  what: string,
  options: { readonly outcome?: Outcome; readonly cause?: unknown } = {},
): StreamError {
  const [streamCode, cure] = meanings[code] ?? ['internal', `Kafka answered with error ${code}`];
  return new StreamError(streamCode, `${what}: ${cure}`, { where, ...options });
}

/** A StreamError for anything that a wire throws. */
export function toStreamError(thrown: unknown, what: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  if (!(thrown instanceof WireError))
    return new StreamError('internal', `${what}: ${String(thrown)}`, { where, cause: thrown });
  const options = { where, cause: thrown, outcome: thrown.sent === 'no' ? 'not-written' : 'unknown' } as const;
  const error = (code: ErrorCode, cure: string): StreamError =>
    new StreamError(code, `${what}: ${thrown.message}. ${cure}`, options);
  switch (thrown.failure) {
    case 'protocol':
      // A cluster that starts, or a broker that was frozen: it joins again.
      if (thrown.code === 38 && /\bfenced\b/.test(thrown.message))
        return error('unavailable', 'The brokers have not joined their cluster yet');
      return kafkaError(thrown.code, `${what}: ${thrown.message}`, options);
    case 'authentication':
      return error('unauthenticated', 'Check sasl: mechanism, user, password');
    case 'token':
      // It answered too late, or with what is not a token.
      if (StreamError.is(thrown.cause)) return error(thrown.cause.code, 'Check the function given as sasl.token');
      return error('unavailable', 'Check the function given as sasl.token, and the service that it asks');
    case 'tls':
      return error(
        'tls',
        'Check ssl: the authority of the broker’s certificate, the client certificate, and whether the port speaks TLS',
      );
    case 'timeout':
      return error('timeout', 'The broker is slow or frozen, or a firewall drops the packets');
    case 'connect':
      return error('unavailable', 'Check the address, and that a broker listens there');
    case 'closed':
      return error(
        'unavailable',
        'The broker closed the connection. If it always does, it expects TLS or SASL: check ssl and sasl',
      );
    case 'malformed':
      return error(
        'unavailable',
        'Check that the address is a Kafka broker’s, and nothing in between changes what it sends',
      );
    case 'undecodable':
      return new StreamError('undecodable', `${what}: ${thrown.message}`, options);
    case 'codec':
      return new StreamError('unsupported', `${what}: ${thrown.message}`, {
        where,
        cause: thrown,
        outcome: 'not-written',
      });
    case 'defect':
      return error('internal', 'This is a bug in isostream; please report it');
  }
}
