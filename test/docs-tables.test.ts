import { readFileSync } from 'node:fs';
import type { Capabilities, DeclaredOptions } from '@isostream/core/adapter';
import { eventHubsCapabilities, eventHubsOptions } from '@isostream/event-hubs';
import { kafkaCapabilities, kafkaOptions } from '@isostream/kafka';
import { kinesisCapabilities, kinesisOptions } from '@isostream/kinesis';
import { memoryCapabilities, memoryOptions } from '@isostream/memory';
import { pubsubCapabilities, pubsubOptions } from '@isostream/pubsub';
import { describe, expect, it } from 'vitest';

const options = {
  memory: memoryOptions,
  kafka: kafkaOptions,
  kinesis: kinesisOptions,
  pubsub: pubsubOptions,
  'event-hubs': eventHubsOptions,
} as const;
const names = ['memory', 'kafka', 'kinesis', 'pubsub', 'event-hubs'] as const;

describe('tables that are generated: after a change of a declaration run "npm run docs:tables"', () => {
  it.each(names)('options on the page of %s', async (name) => {
    const page = readFileSync(`docs/providers/${name}.md`, 'utf8');
    const block = /(<!-- options: [^\n]*-->\n)[\s\S]*?(<!-- \/options -->)/;
    expect(page).toMatch(block);
    const table = optionTable(options[name]);
    const written = page.replace(block, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
    await expect(written).toMatchFileSnapshot(`../docs/providers/${name}.md`);
  });

  it('capabilities of every provider', async () => {
    const columns: Readonly<Record<string, Capabilities>> = {
      memory: memoryCapabilities,
      Kafka: kafkaCapabilities,
      Kinesis: kinesisCapabilities,
      'Pub/Sub': pubsubCapabilities,
      'Event Hubs': eventHubsCapabilities(false),
      'Event Hubs with `management`': eventHubsCapabilities(true),
    };
    const flat = Object.values(columns).map((one) => flattened(one));
    const entries = [...new Set(flat.flatMap((one) => [...one.keys()]))];
    const lines = entries.map((entry) => row([`\`${entry}\``, ...flat.map((one) => one.get(entry) ?? '-')]));
    const head = row(['capability', ...Object.keys(columns)]);
    const rule = row(['---', ...flat.map(() => '---')]);
    const text = `# Capabilities

\`adapter.capabilities\` of each provider, generated from what the adapters declare by \`npm run docs:tables\`. What each entry means
is said where it is declared, in \`packages/core/src/contract/capabilities.ts\`. What a provider does not have is refused with
\`unsupported\`.

${[head, rule, ...lines].join('\n')}
`;
    await expect(text).toMatchFileSnapshot('../docs/capabilities.md');
  });
});

function optionTable(declared: DeclaredOptions): string {
  const lines = Object.entries(declared).map(([name, { shownDefault, doc }]) =>
    row([`\`${name}\``, shownDefault, doc]),
  );
  return [row(['option', 'default', 'meaning']), row(['---', '---', '---']), ...lines].join('\n');
}

/** Entries of entries as `retention.minMs`. */
function flattened(capabilities: object, within = ''): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(capabilities).flatMap(([name, value]: [string, unknown]): (readonly [string, string])[] =>
      typeof value === 'object' && value !== null
        ? [...flattened(value, `${within}${name}.`)]
        : [[`${within}${name}`, shownValue(name, value)]],
    ),
  );
}

function shownValue(name: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === Infinity) return 'no bound';
  if (typeof value === 'number') return name.endsWith('Ms') ? duration(value) : value.toLocaleString('en-US');
  return typeof value === 'string' ? `\`${value}\`` : 'none';
}

function duration(ms: number): string {
  if (ms < 60_000) return `${ms} ms`;
  return ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
