import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from './broker-unavailable.ts';
import { cacheFolder } from './cache-folder.ts';
import { runCommand } from './run-command.ts';

const install = 'Install them, on Debian or Ubuntu with: apt-get install -y openjdk-17-jre-headless maven';

export interface MavenArchive {
  /** Whose it is, for people. */
  readonly server: string;
  readonly version: string;
  /** `group:artifact:version:type`, with a classifier where it has one. */
  readonly artifact: string;
  /** Of the cache, where each version has a folder. */
  readonly folder: string;
  /** A path in the archive that shows that it is there. */
  readonly marker: string;
}

/** The folder with an unpacked archive; Maven downloads it once. Throws {@link BrokerUnavailable} that says what is missing. */
export async function mavenArchive(archive: MavenArchive, progress: (text: string) => void): Promise<string> {
  const { server, version, artifact, marker } = archive;
  const parent = await cacheFolder(archive.folder);
  const folder = join(parent, version);
  const isThere = (): Promise<boolean> => exists(join(folder, marker));
  if (await isThere()) return folder;
  await runCommand('mvn', ['--version']).catch((cause: unknown) => {
    throw new BrokerUnavailable(server, `Maven is needed once, to download it. ${install}`, cause);
  });
  progress(`downloading ${server} ${version}`);
  // Two processes may download at once: each fills a folder of its own, and the first to rename wins.
  const temporary = await mkdtemp(join(parent, 'download-'));
  try {
    const unpacked = join(temporary, version);
    const unpack = ['-q', '-B', 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${unpacked}`];
    // Outside of a project it leaves markers where it runs.
    await runCommand('mvn', unpack, { cwd: temporary });
    await rename(unpacked, folder).catch(async (error: unknown) => {
      if (!(await isThere())) throw error;
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : '';
    throw new BrokerUnavailable(server, `the download failed. ${reason}`, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** The major version of this machine's Java, 17 or newer. Throws {@link BrokerUnavailable} for what a server cannot run on. */
export async function javaFor(server: string): Promise<number> {
  const output = await runCommand('java', ['-version']).catch((cause: unknown) => {
    throw new BrokerUnavailable(server, `Java 17 or newer is missing. ${install}`, cause);
  });
  const version = Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
  if (version < 17)
    throw new BrokerUnavailable(server, `Java is version ${version}, 17 or newer is needed. ${install}`);
  return version;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
