/** A hub as the control plane keeps it. */
export interface HubSettings {
  readonly partitions: number;
  readonly retentionMs: number;
  /** Text that the service keeps and does not read (`userMetadata`): a declared limit of events stands there. */
  readonly userMetadata?: string;
}

/**
 * Event Hubs' control plane, which no data-plane credential reaches: creates, changes and deletes hubs and consumer groups.
 * Azure Resource Manager offers it by `@azure/arm-eventhub`; an emulator by its own controls. Rejects with whatever its
 * client rejects with; the adapter passes that on as the cause.
 */
export interface EventHubsManagement {
  listHubs(signal?: AbortSignal): Promise<readonly string[]>;
  /** `undefined` for a hub that does not exist. */
  describeHub(hub: string, signal?: AbortSignal): Promise<HubSettings | undefined>;
  /** Settings that are absent are the service's to choose. Rejects where the hub exists. */
  createHub(hub: string, settings: Partial<HubSettings>, signal?: AbortSignal): Promise<void>;
  /** Changes the given settings and no other. */
  updateHub(hub: string, settings: Partial<HubSettings>, signal?: AbortSignal): Promise<void>;
  deleteHub(hub: string, signal?: AbortSignal): Promise<void>;
  /** Resolves also where the consumer group exists. */
  createConsumerGroup(hub: string, consumerGroup: string, signal?: AbortSignal): Promise<void>;
  /** Resolves also where the consumer group does not exist. */
  deleteConsumerGroup(hub: string, consumerGroup: string, signal?: AbortSignal): Promise<void>;
}
