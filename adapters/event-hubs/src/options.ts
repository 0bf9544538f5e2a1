import {
  type DeclarationOf,
  type DeclaredOptions,
  type Duration,
  expected,
  isObject,
  option,
  type Size,
  takeOptions,
} from '@isostream/core/adapter';
import type { NamedKeyCredential, SASCredential, TokenCredential } from '@azure/core-auth';
import type { WebSocketOptions } from '@azure/event-hubs';
import type { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { EventHubsManagement } from './client/management.ts';

/** Where groups keep their leases and positions: one container of Azure Blob Storage. It is made if it is not there. */
export type CheckpointStorage =
  | { readonly container: ContainerClient }
  | { readonly connectionString: string; readonly container: string }
  /** `url` is that of the container. */
  | { readonly url: string; readonly credential: TokenCredential | StorageSharedKeyCredential };

export interface EventHubsOptions {
  /** Of the namespace, or of one hub in it; or {@link EventHubsOptions.fullyQualifiedNamespace} and a credential. */
  readonly connectionString?: string;
  /** `name.servicebus.windows.net`. */
  readonly fullyQualifiedNamespace?: string;
  readonly credential?: TokenCredential | NamedKeyCredential | SASCredential;
  /** Needed by consumers. */
  readonly checkpoints?: CheckpointStorage;
  /** The Event Hubs consumer group of a group, which no other group may share. Default: of the group's own name. */
  readonly consumerGroup?: (group: string) => string;
  /** Where replays and lag are read, which no group may use. Default `$Default`. */
  readonly readerConsumerGroup?: string;
  /** Hubs and consumer groups are created and changed by this; without it the error says the command that does it. */
  readonly management?: EventHubsManagement;
  /** Another address than the namespace's own: a private link, a gateway. */
  readonly customEndpointAddress?: string;
  /** AMQP over WebSockets (port 443), also through a proxy: as @azure/event-hubs has them. */
  readonly webSocketOptions?: WebSocketOptions;
  /** How long a silent member keeps its partitions. Default 10 s. */
  readonly sessionTimeout?: Duration;
  /** How often a topic's partitions are listed. Default 1 min. */
  readonly discovery?: Duration;
  /** Until a connection counts as failed, TLS and AMQP's greeting included. Default 10 s. */
  readonly connectTimeout?: Duration;
  /** Until a request, or a batch that is being sent, counts as unanswered, and a silent connection as gone. Default 10 s. */
  readonly requestTimeout?: Duration;
  /** What lies ready for one partition at most; bytes by the size of the events before. Default 1,000 events, 1 MB. */
  readonly prefetch?: { readonly events?: number; readonly bytes?: Size };
}

const aCredential = expected.like('a credential as Azure’s clients take them', isObject);

const declared = {
  connectionString: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    isSecret: true,
    shownDefault: 'required, or `fullyQualifiedNamespace` and `credential`',
    doc: 'of the namespace, or of one hub: then every other topic is refused',
  }),
  fullyQualifiedNamespace: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    shownDefault: 'see `connectionString`',
    doc: 'instead of `connectionString`: `name.servicebus.windows.net`',
  }),
  credential: option.given<NonNullable<EventHubsOptions['credential']>>({
    isSecret: true,
    inConfig: aCredential,
    shownDefault: 'see `connectionString`',
    doc: 'with `fullyQualifiedNamespace`: a `TokenCredential`, `NamedKeyCredential` or `SASCredential`',
  }),
  checkpoints: option.given<CheckpointStorage>({
    isSecret: true,
    inConfig: expected.record({
      connectionString: expected.text,
      container: expected.text,
      url: expected.text,
      credential: aCredential,
    }),
    shownDefault: 'none',
    doc: 'where groups keep leases and positions: `{ url, credential }` or `{ connectionString, container }` of a container, or `{ container }` with a `ContainerClient`. Consumers need it. The container is created if it does not exist',
  }),
  consumerGroup: option.given<(group: string) => string>({
    inConfig: expected.like('a function from name to name', (value) => typeof value === 'function'),
    shownDefault: "the group's own name",
    doc: "from a group's name to that of its Event Hubs consumer group",
  }),
  readerConsumerGroup: option.text({
    byDefault: '$Default',
    doc: 'where replays, tail and lag are read; no group may use it',
  }),
  management: option.given<EventHubsManagement>({
    isSecret: true,
    inConfig: expected.record(
      {
        subscriptionId: expected.text,
        resourceGroup: expected.text,
        namespace: expected.text,
        endpoint: expected.text,
        credential: aCredential,
      },
      ['subscriptionId', 'resourceGroup'],
    ),
    shownDefault: 'none',
    doc: 'creates and changes hubs and consumer groups: see [below](#hubs-and-consumer-groups)',
  }),
  customEndpointAddress: option.given<string>({
    isAddress: true,
    inConfig: expected.text,
    shownDefault: "the namespace's own",
    doc: '`sb://host:port` of a private link or gateway',
  }),
  webSocketOptions: option.given<WebSocketOptions>({
    isSecret: true,
    inConfig: expected.like('options as @azure/event-hubs takes them', isObject),
    shownDefault: 'AMQP over TCP',
    doc: 'as @azure/event-hubs takes them: port 443, proxies',
  }),
  sessionTimeout: option.duration({ byDefault: '10s', doc: 'how long a silent member keeps its partitions' }),
  discovery: option.duration({ byDefault: '1m', doc: "how often a hub's partitions are listed" }),
  connectTimeout: option.duration({
    byDefault: '10s',
    doc: "until a connection counts as failed, TLS and AMQP's greeting included",
  }),
  requestTimeout: option.duration({
    byDefault: '10s',
    doc: 'until a request, or a batch that is being sent, counts as unanswered, and until a silent connection is [closed](#operating-it)',
  }),
  prefetch: option.given<NonNullable<EventHubsOptions['prefetch']>>({
    inConfig: expected.record({
      events: expected.number,
      bytes: expected.like('a size', (value) => ['number', 'string'].includes(typeof value)),
    }),
    shownDefault: "`{ events: 1_000, bytes: '1mb' }`",
    doc: 'maximum prefetched from one partition; bytes are estimated from the size of earlier events',
  }),
} satisfies DeclarationOf<EventHubsOptions>;

/** The options of `createEventHubs` as they are declared, for docs and tools. */
export const eventHubsOptions: DeclaredOptions = declared;

/** The options that need no more than their declaration, in plain units. Throws `invalid-config` that names the option. */
export function takeDeclared(options: EventHubsOptions): {
  readonly readerConsumerGroup: string;
  readonly sessionTimeout: number;
  readonly discovery: number;
  readonly connectTimeout: number;
  readonly requestTimeout: number;
} {
  return takeOptions(declared, options, { where: 'event-hubs', renamed });
}

/** Names that options had. */
export const renamed: Readonly<Record<string, string>> = { lease: 'sessionTimeout' };
