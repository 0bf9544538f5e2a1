import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { runCommand } from '../run-command.ts';

export const broker = 'the Google Pub/Sub emulator';

const install =
  "Install it with 'gcloud components install pubsub-emulator', or from Google's apt repository with " +
  "'apt-get install -y google-cloud-cli-pubsub-emulator', or set ISOSTREAM_PUBSUB_JAR to its jar.";

export interface EmulatorJar {
  readonly path: string;
  readonly version: string;
}

/** Google's emulator in an installed Cloud SDK. Throws {@link BrokerUnavailable} that says how to install it. */
export async function emulatorJar(): Promise<EmulatorJar> {
  await runCommand('java', ['-version']).catch((cause: unknown) => {
    throw new BrokerUnavailable(
      broker,
      'Java is missing. Install it, on Debian or Ubuntu with: apt-get install -y openjdk-17-jre-headless.',
      cause,
    );
  });
  const named = process.env['ISOSTREAM_PUBSUB_JAR'];
  if (named !== undefined) return { path: named, version: versionOf(named) };
  for (const root of usualFolders()) {
    const jar = await jarIn(root);
    if (jar !== undefined) return jar;
  }
  // Asked last, because it takes a second.
  const told = await runCommand('gcloud', ['info', '--format=value(installation.sdk_root)']).catch(() => '');
  const jar = await jarIn(told.trim());
  if (jar === undefined) throw new BrokerUnavailable(broker, `no Google Cloud SDK with it was found. ${install}`);
  return jar;
}

function usualFolders(): string[] {
  const home = homedir();
  return [
    process.env['CLOUDSDK_ROOT_DIR'] ?? '',
    '/usr/lib/google-cloud-sdk',
    '/usr/share/google-cloud-sdk',
    '/usr/local/google-cloud-sdk',
    '/opt/google-cloud-sdk',
    '/opt/homebrew/share/google-cloud-sdk',
    '/snap/google-cloud-cli/current',
    join(home, 'google-cloud-sdk'),
  ];
}

async function jarIn(root: string): Promise<EmulatorJar | undefined> {
  if (root === '') return undefined;
  const folder = join(root, 'platform', 'pubsub-emulator', 'lib');
  const files = await readdir(folder).catch(() => []);
  const name = files.find((file) => /^cloud-pubsub-emulator-.*-all\.jar$/.test(file));
  return name === undefined ? undefined : { path: join(folder, name), version: versionOf(name) };
}

function versionOf(path: string): string {
  return /cloud-pubsub-emulator-(.+)-all\.jar$/.exec(path)?.[1] ?? 'of unknown version';
}
