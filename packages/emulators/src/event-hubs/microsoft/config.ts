import type { HubOptions } from '@isostream/event-hubs-emulator';

/** What Microsoft's emulator calls its only namespace. */
const namespace = 'emulatorNs1';

/** The file in which Microsoft's emulator finds its hubs: it can be given none later. Retention is its own affair. */
export function microsoftConfig(hubs: Readonly<Record<string, Omit<HubOptions, 'retentionMs'>>>): object {
  const entities = Object.entries(hubs).map(([name, { partitions = 4, consumerGroups = [] }]) => ({
    Name: name,
    PartitionCount: String(partitions),
    // `$Default` is there without being named.
    ConsumerGroups: consumerGroups.map((group) => ({ Name: group })),
  }));
  return {
    UserConfig: {
      NamespaceConfig: [{ Type: 'EventHub', Name: namespace, Entities: entities }],
      LoggingConfig: { Type: 'Console' },
    },
  };
}
