import { type Adapter, type DeclarationOf, type Duration, option, takeOptions } from '@isostream/core/adapter';
import { ExampleAdmin } from './admin.js';
import { capabilities } from './capabilities.js';
import { asked } from './errors.js';
import { openRange } from './range.js';
import { Service } from './service.js';
import { ExampleSink } from './sink.js';
import { ExampleSource } from './source.js';

export interface ExampleOptions {
  /** Where the service is. */
  readonly url?: string;
  /** How long a silent member keeps its share. */
  readonly sessionTimeout?: Duration;
}

const declared = {
  url: option.text({ byDefault: 'example://localhost', doc: 'where the service is' }),
  sessionTimeout: option.duration({
    byDefault: '10s',
    least: '500ms',
    doc: 'how long a silent member keeps its share',
  }),
} satisfies DeclarationOf<ExampleOptions>;

/** Does no I/O yet. Throws `invalid-config`. */
export function createExample(options: ExampleOptions = {}): Adapter {
  const { url, sessionTimeout: sessionTimeoutMs } = takeOptions(declared, options, { where: 'example' });
  const service = Service.at(url);
  return {
    name: 'example',
    capabilities,
    admin: new ExampleAdmin(service, sessionTimeoutMs),
    createSink: (topic) => new ExampleSink(service, topic),
    createSource: (subscription) => new ExampleSource(service, subscription, sessionTimeoutMs),
    openRange: (range) => openRange(service, range),
    connect: () => asked('connect', () => service.ping()),
    close: async () => undefined,
  };
}
