import type { Certificate } from './amqp/listener.ts';
import type { HubOptions } from './store/namespace.ts';

export interface EventHubsServerOptions {
  /** By name. More can be created while it runs. Default: none. */
  readonly hubs?: Readonly<Record<string, HubOptions>>;
  /** Default: a free port. */
  readonly port?: number;
  /** A second port that speaks TLS with that key and certificate, both PEM; WebSockets come in there. Default: none. */
  readonly tls?: Certificate;
  /** Default: a free port. */
  readonly tlsPort?: number;
  /** Where other processes control it, over HTTP. Default: a free port. */
  readonly controlPort?: number;
  /** An address of this machine that no other reaches; others are refused. Default `127.0.0.1`. */
  readonly host?: string;
  /** Shared access keys by name, whose signatures are verified. Default: one key, `RootManageSharedAccessKey`. */
  readonly keys?: Readonly<Record<string, string>>;
  /** `false` takes every token and asks for none. Default `true`. */
  readonly authorize?: boolean;
  /** The largest batch as it is sent, in bytes. Default 1,048,576. */
  readonly maxMessageBytes?: number;
  /** How many batches a sender may have in flight on one link. Default 1,000. */
  readonly senderCredit?: number;
  /** Offsets of the opaque form that geo-replicated namespaces have. Default `false`. */
  readonly geoReplication?: boolean;
  /** Readers without an owner level on one partition for one group. Default 5. */
  readonly maxSharedReaders?: number;
  /** Default 32. */
  readonly maxPartitions?: number;
  /** Besides `$Default`, for one hub. Default 20. */
  readonly maxConsumerGroups?: number;
  /** Default 90 days. */
  readonly maxRetentionMs?: number;
  /** A file that keeps everything for the next server that is given it. Default: memory alone. */
  readonly journal?: string;
  /** The time in milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}
