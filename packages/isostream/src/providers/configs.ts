import type { ConnectionOptions } from 'node:tls';
import type { Duration, Size } from '@isostream/core';

/** Settings of the in-memory provider. */
export interface MemoryConfig {
  readonly partitions?: number | undefined;
  readonly sessionTimeout?: Duration | undefined;
}

/** Settings of Apache Kafka; what the URL says as well is taken from here. */
export interface KafkaConfig {
  readonly brokers?: readonly string[] | undefined;
  readonly clientId?: string | undefined;
  /** `true` for the system's authorities, or options of Node's `tls.connect`. */
  readonly ssl?: boolean | ConnectionOptions | undefined;
  readonly sasl?: KafkaSaslConfig | undefined;
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly connectTimeout?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly fetchBytes?: Size | undefined;
  readonly maxUnpackedBytes?: Size | undefined;
  readonly groupProtocol?: 'classic' | 'consumer' | 'auto' | undefined;
  readonly fetchWait?: Duration | undefined;
  readonly rackId?: string | undefined;
}

export type KafkaSaslConfig =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

/** Settings of Amazon Kinesis; what the URL says as well is taken from here. */
export interface KinesisConfig {
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly dynamoEndpoint?: string | undefined;
  /** As the AWS SDK takes them: keys, or a function that finds them. */
  readonly credentials?: AwsCredentials | undefined;
  readonly leaseTable?: string | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly discovery?: Duration | undefined;
  readonly pollInterval?: Duration | undefined;
  readonly readRecords?: number | undefined;
  readonly enhancedFanOut?: boolean | undefined;
  readonly connectTimeout?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly requestBytes?: Size | undefined;
  readonly requestsInFlight?: number | undefined;
  readonly aggregation?: boolean | undefined;
  readonly undeclaredPartitions?: number | 'on-demand' | undefined;
  /** A request handler of the AWS SDK. */
  readonly requestHandler?: object | undefined;
}

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

export type AwsCredentials = AwsKeys | (() => Promise<AwsKeys>);

/** Settings of Google Cloud Pub/Sub; what the URL says as well is taken from here. */
export interface PubSubConfig {
  readonly projectId?: string | undefined;
  /** `host:port`; `false` where `PUBSUB_EMULATOR_HOST` is set and not meant. */
  readonly emulatorHost?: string | false | undefined;
  readonly apiEndpoint?: string | undefined;
  readonly credentials?:
    | { readonly client_email?: string | undefined; readonly private_key?: string | undefined }
    | undefined;
  /** An `AuthClient` of google-auth-library. */
  readonly authClient?: object | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly pullers?: number | undefined;
  readonly pullEvents?: number | undefined;
  readonly pullWait?: Duration | undefined;
  readonly connectTimeout?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly topicRetention?: Duration | undefined;
  readonly subscription?: string | undefined;
}

/** Settings of Azure Event Hubs; what the URL says as well is taken from here. */
export interface EventHubsConfig {
  readonly connectionString?: string | undefined;
  /** `name.servicebus.windows.net`, with a credential. */
  readonly fullyQualifiedNamespace?: string | undefined;
  /** As Azure's clients take them. Default `DefaultAzureCredential` of @azure/identity where there is no connection string. */
  readonly credential?: object | undefined;
  /** Where groups keep their positions. */
  readonly checkpoints?: CheckpointConfig | undefined;
  /** How hubs and consumer groups are made; absent where they are made elsewhere. */
  readonly management?: ManagementConfig | undefined;
  readonly consumerGroup?: ((group: string) => string) | undefined;
  readonly readerConsumerGroup?: string | undefined;
  readonly customEndpointAddress?: string | undefined;
  readonly webSocketOptions?: object | undefined;
  readonly sessionTimeout?: Duration | undefined;
  readonly discovery?: Duration | undefined;
  readonly connectTimeout?: Duration | undefined;
  readonly requestTimeout?: Duration | undefined;
  readonly prefetch?: { readonly events?: number | undefined; readonly bytes?: Size | undefined } | undefined;
}

/** A container of Azure Blob Storage: by connection string and name, or by its URL and a credential (the same default). */
export interface CheckpointConfig {
  readonly connectionString?: string | undefined;
  readonly container?: string | undefined;
  readonly url?: string | undefined;
  readonly credential?: object | undefined;
}

/** The namespace as Azure Resource Manager knows it. */
export interface ManagementConfig {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  /** Default: the first part of the namespace's host. */
  readonly namespace?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly credential?: object | undefined;
}

/** Settings of each provider, under its name. */
export interface ProviderConfigs {
  readonly memory?: MemoryConfig | undefined;
  readonly kafka?: KafkaConfig | undefined;
  readonly kinesis?: KinesisConfig | undefined;
  readonly pubsub?: PubSubConfig | undefined;
  readonly 'event-hubs'?: EventHubsConfig | undefined;
}

export type ProviderName = keyof ProviderConfigs;
