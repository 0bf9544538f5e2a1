import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type ProviderName, providerNames } from 'isostream';
import { usage } from '../client.ts';
import { print } from '../terminal.ts';
import { isInstalled } from './project.ts';

/** What a provider's address looks like, and what has to be installed for it. */
const starts: Readonly<Record<ProviderName, { readonly url: string; readonly packages: readonly string[] }>> = {
  memory: { url: 'memory:', packages: [] },
  kafka: { url: 'kafka://localhost:9092', packages: ['@isostream/kafka'] },
  kinesis: { url: 'kinesis://eu-west-1', packages: ['@isostream/kinesis'] },
  pubsub: { url: 'pubsub://my-project', packages: ['@isostream/pubsub'] },
  'event-hubs': {
    url: 'eventhubs://my-namespace.servicebus.windows.net?checkpoints=https://my-account.blob.core.windows.net/checkpoints',
    packages: ['@isostream/event-hubs', '@azure/identity'],
  },
};

const consumer = `// Sends one order and bills it. Stop it with Ctrl-C; it finishes what it has begun.
import { connect, defineTopic } from 'isostream';
import { z } from 'zod';

const orders = defineTopic('orders', {
  events: { 'order.placed': z.object({ id: z.string(), total: z.number() }) },
  key: (event) => event.data?.id ?? '',
});

// Which provider: isostream.json, or ISOSTREAM_URL, which wins.
const streams = await connect({ topics: [orders] });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void streams.close());

const billing = streams.consumer(orders, { group: 'billing', retry: { attempts: 5 } });
const running = billing.run({
  'order.placed': async (event, { attempt }) => {
    console.log(\`billed \${event.data.id}: \${event.data.total}, attempt \${attempt}\`);
  },
});

await streams.producer(orders).send({ type: 'order.placed', data: { id: 'o-1', total: 9 } });
await running;
`;

/** A config and a first consumer in this folder. */
export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('write isostream.json and a first consumer into this folder')
    .addOption(new Option('--provider <name>', 'where events are kept').choices(providerNames).default('memory'))
    .option('--url <address>', 'its address, such as kafka://localhost:9092 (default: a usual one)')
    .action(({ provider, url }: { readonly provider: ProviderName; readonly url?: string }) => init(provider, url));
}

function init(provider: ProviderName, url: string | undefined): void {
  const folder = process.cwd();
  const { url: usual, packages } = starts[provider];
  const files = {
    'isostream.json': `${JSON.stringify({ provider, url: url ?? usual }, undefined, 2)}\n`,
    'consumer.mjs': consumer,
  };
  const there = Object.keys(files).filter((name) => existsSync(join(folder, name)));
  if (there.length > 0)
    throw usage(`${there.join(' and ')} exists here, and nothing was written. Move it away, or use another folder`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  print(`wrote ${Object.keys(files).join(' and ')}`);
  print(
    steps(folder, provider, packages, url)
      .map((step, index) => `${index + 1}. ${step}`)
      .join('\n'),
  );
}

function steps(
  folder: string,
  provider: ProviderName,
  packages: readonly string[],
  url: string | undefined,
): readonly string[] {
  const absent = ['isostream', 'zod', ...packages].filter((name) => !isDeclared(folder, name));
  const broker = `npx isostream broker start ${provider}   # on this machine; it prints what to export. For the service itself, put your address into isostream.json`;
  return [
    ...(absent.length > 0 ? [`npm install ${absent.join(' ')}`] : []),
    ...(provider === 'memory' || url !== undefined ? [] : [broker]),
    'npx isostream doctor',
    'node consumer.mjs',
  ];
}

function isDeclared(folder: string, name: string): boolean {
  const file = join(folder, 'package.json');
  return isInstalled(folder, name) && existsSync(file) && readFileSync(file, 'utf8').includes(`"${name}"`);
}
