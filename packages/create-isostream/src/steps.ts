import type { TemplateProvider } from './providers.ts';

/** What npm has of the services that run on a developer's machine; those of the others are fetched as they start. */
const emulators: Partial<Record<TemplateProvider, string>> = {
  kinesis: 'kinesis-local@~0.6.2 dynalite@4',
  'event-hubs': 'azurite@3.35.0',
};

/** Starts a broker on this machine, where the provider is one. */
export function brokerStep(provider: TemplateProvider): readonly string[] {
  if (provider === 'memory') return [];
  const packages = emulators[provider];
  return [
    ...(packages === undefined ? [] : [`npm install --save-dev ${packages}   # emulators, for the next command`]),
    `npx isostream broker start ${provider}   # in a terminal of its own; in all others, export the ISOSTREAM_URL that it prints, or put the address of your own service into isostream.json`,
  ];
}
