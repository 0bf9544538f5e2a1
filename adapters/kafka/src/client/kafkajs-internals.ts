import { createRequire } from 'node:module';
import { offsetDelete, offsetDeleteKey } from './offset-delete.ts';
import { consumerDescribe, consumerDescribeKey } from './consumer-describe.ts';
import { consumerHeartbeat, consumerHeartbeatKey } from './consumer-heartbeat.ts';
import { epochCommit, epochCommitKey } from './epoch-commit.ts';
import { groupKinds, groupKindsKey } from './group-kinds.ts';
import { topicId, topicIdKey } from './topic-id.ts';
import type { Definition, Protocol } from './kafkajs-protocol.ts';

interface Authenticator {
  authenticate(): Promise<void>;
  /** In milliseconds; 0 for no end. */
  readonly sessionLifetime: string | number;
}

/** What an authenticator uses of a connection. */
interface AuthenticatorConnection {
  readonly host: string;
  readonly port: number;
  readonly sasl: object;
  readonly send: (protocol: Protocol) => Promise<unknown>;
}

interface Internals {
  readonly encodeRequest: (input: {
    readonly request: Protocol['request'];
    readonly correlationId: number;
    readonly clientId: string;
  }) => Promise<{ readonly buffer: Buffer }>;
  readonly SaslAuthenticator: new (
    connection: AuthenticatorConnection,
    logger: unknown,
    versions: object,
    hasOwnRequests: boolean,
  ) => Authenticator;
  readonly apiKeys: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, Definition>>;
  readonly logger: unknown;
  readonly encodeSubscription: (value: {
    readonly version: number;
    readonly topics: readonly string[];
    readonly userData: Buffer;
  }) => Buffer;
  readonly encodeAssignment: (value: {
    readonly version: number;
    readonly assignment: Readonly<Record<string, readonly number[]>>;
  }) => Buffer;
}

/** The files of kafkajs that are used, and what they export. */
interface Files {
  readonly 'kafkajs/src/loggers': { readonly createLogger: (options: object) => unknown };
  readonly 'kafkajs/src/consumer/assignerProtocol': {
    readonly MemberMetadata: {
      readonly encode: Internals['encodeSubscription'];
    };
    readonly MemberAssignment: {
      readonly encode: Internals['encodeAssignment'];
    };
  };
  readonly 'kafkajs/src/protocol/request': Internals['encodeRequest'];
  readonly 'kafkajs/src/protocol/requests': Pick<Internals, 'requests'>;
  readonly 'kafkajs/src/protocol/requests/apiKeys': Internals['apiKeys'];
  readonly 'kafkajs/src/broker/saslAuthenticator': Internals['SaslAuthenticator'];
}

let loaded: Internals | undefined;

/** Loads them when first needed; kafkajs has no `exports`, so its files can be reached by path within its pinned range. */
export function kafkajsInternals(): Internals {
  if (loaded !== undefined) return loaded;
  const { createLogger } = load('kafkajs/src/loggers');
  const assigner = load('kafkajs/src/consumer/assignerProtocol');
  loaded = {
    encodeRequest: load('kafkajs/src/protocol/request'),
    SaslAuthenticator: load('kafkajs/src/broker/saslAuthenticator'),
    apiKeys: {
      ...load('kafkajs/src/protocol/requests/apiKeys'),
      OffsetDelete: offsetDeleteKey,
      TopicId: topicIdKey,
      GroupKinds: groupKindsKey,
      ConsumerHeartbeat: consumerHeartbeatKey,
      ConsumerDescribe: consumerDescribeKey,
      EpochCommit: epochCommitKey,
    },
    requests: {
      ...load('kafkajs/src/protocol/requests').requests,
      OffsetDelete: offsetDelete,
      TopicId: topicId,
      GroupKinds: groupKinds,
      ConsumerHeartbeat: consumerHeartbeat,
      ConsumerDescribe: consumerDescribe,
      EpochCommit: epochCommit,
    },
    logger: createLogger({ level: 0, logCreator: () => () => undefined }),
    encodeSubscription: assigner.MemberMetadata.encode,
    encodeAssignment: assigner.MemberAssignment.encode,
  };
  return loaded;
}

function load<Name extends keyof Files>(name: Name): Files[Name] {
  return createRequire(import.meta.url)(name) as Files[Name];
}
