import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { brokerStep, configFile, existingFiles, firstConsumer, providerStarts, writeNewFiles } from 'create-isostream';
import { type ProviderName, providerNames } from 'isostream';
import { usage } from '../client.ts';
import { print } from '../terminal.ts';
import { isInstalled } from './project.ts';

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
  const files = { 'isostream.json': configFile(provider, url), 'consumer.mjs': firstConsumer };
  const there = existingFiles(folder, files);
  if (there.length > 0)
    throw usage(
      `${there.join(' and ')} ${there.length === 1 ? 'exists' : 'exist'} here, and nothing was written. Move it away, or use another folder`,
    );
  writeNewFiles(folder, files);
  print(`wrote ${Object.keys(files).join(' and ')}`);
  print(
    steps(folder, provider, url)
      .map((step, index) => `${index + 1}. ${step}`)
      .join('\n'),
  );
}

function steps(folder: string, provider: ProviderName, url: string | undefined): readonly string[] {
  const absent = ['isostream', 'zod', ...providerStarts[provider].packages].filter((name) => !isDeclared(folder, name));
  return [
    ...(absent.length > 0 ? [`npm install ${absent.join(' ')}`] : []),
    ...(url === undefined ? brokerStep(provider) : []),
    'npx isostream doctor',
    'node consumer.mjs',
  ];
}

function isDeclared(folder: string, name: string): boolean {
  const file = join(folder, 'package.json');
  return isInstalled(folder, name) && existsSync(file) && readFileSync(file, 'utf8').includes(`"${name}"`);
}
