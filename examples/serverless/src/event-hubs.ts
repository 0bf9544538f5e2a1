import { type HandleOrder, handleRecord, type Refused } from './handle.ts';

/** What Azure Functions tells of a batch of Event Hubs besides its messages, as far as it is looked at: one entry for each. */
export interface EventHubsContext {
  readonly triggerMetadata?: {
    readonly propertiesArray?: readonly Readonly<Record<string, unknown>>[];
    readonly enqueuedTimeUtcArray?: readonly (string | Date)[];
    readonly sequenceNumberArray?: readonly (number | string)[];
    readonly partitionContext?: { readonly partitionId?: string };
  };
}

/** The property in which isostream keeps the key. */
const keyProperty = 'isostream-key';

/** An Azure Function on an event hub, with `cardinality: 'many'` and `dataType: 'binary'`: in order; what fails ends the batch. */
export function onEventHubs(
  handle: HandleOrder,
  refused: Refused,
): (messages: readonly Uint8Array[], context: EventHubsContext) => Promise<void> {
  return async (messages, { triggerMetadata = {} }) => {
    const { propertiesArray, enqueuedTimeUtcArray, sequenceNumberArray, partitionContext } = triggerMetadata;
    for (const [index, value] of messages.entries()) {
      const { [keyProperty]: key, ...properties } = propertiesArray?.[index] ?? {};
      const record = {
        key: typeof key === 'string' ? key : null,
        value,
        headers: Object.entries(properties).map(([name, text]) => [name, String(text)] as const),
        timestamp: new Date(enqueuedTimeUtcArray?.[index] ?? 0).getTime(),
        partition: partitionContext?.partitionId ?? '',
        position: String(sequenceNumberArray?.[index] ?? ''),
      };
      await handleRecord(record, handle, refused);
    }
  };
}
