/** What the address of a provider looks like, and what has to be installed for it. */
export interface ProviderStart {
  readonly url: string;
  /** Packages, each with the range that is to be installed; of isostream's own the version is that of all. */
  readonly packages: readonly string[];
}

/** The providers of isostream. */
export type TemplateProvider = 'memory' | 'kafka' | 'kinesis' | 'pubsub' | 'event-hubs';

/** How a project begins on each provider. */
export const providerStarts: Readonly<Record<TemplateProvider, ProviderStart>> = {
  memory: { url: 'memory:', packages: [] },
  kafka: { url: 'kafka://localhost:9092', packages: ['@isostream/kafka'] },
  kinesis: { url: 'kinesis://eu-west-1', packages: ['@isostream/kinesis'] },
  pubsub: { url: 'pubsub://my-project', packages: ['@isostream/pubsub'] },
  'event-hubs': {
    url: 'eventhubs://my-namespace.servicebus.windows.net?checkpoints=https://my-account.blob.core.windows.net/checkpoints',
    packages: ['@isostream/event-hubs', '@azure/identity'],
  },
};

/** The configuration that `connect` reads where code and environment name no provider. */
export function configFile(provider: TemplateProvider, url: string = providerStarts[provider].url): string {
  return `${JSON.stringify({ provider, url }, undefined, 2)}\n`;
}
