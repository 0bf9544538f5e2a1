import { access, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { cacheFolder } from '../cache-folder.ts';
import { runCommand } from '../run-command.ts';

export const registryName = 'Apicurio Registry';

/** Pinned, newest first: each needs a newer Java than the one behind it. */
const releases = [
  { version: '3.3.3', java: 21, jar: 'quarkus-run.jar' },
  { version: '3.0.9', java: 17, jar: 'apicurio-registry-app-3.0.9-runner.jar' },
] as const;

const install = 'Install them, on Debian or Ubuntu with: apt-get install -y openjdk-17-jre-headless maven';

export interface RegistryArchive {
  readonly version: string;
  /** What `java -jar` runs. */
  readonly jar: string;
}

/**
 * The newest release that this machine's Java runs; Maven downloads it once. Throws {@link BrokerUnavailable} that says what is
 * missing.
 */
export async function registryArchive(progress: (text: string) => void): Promise<RegistryArchive> {
  const java = await javaVersion();
  const release = releases.find((candidate) => candidate.java <= java);
  if (release === undefined)
    throw new BrokerUnavailable(registryName, `Java is version ${java}, 17 or newer is needed. ${install}`);
  const { version, jar } = release;
  const parent = await cacheFolder('apicurio-registry');
  const folder = join(parent, version);
  const archive = { version, jar: join(folder, jar) };
  if (await exists(archive.jar)) return archive;
  await runCommand('mvn', ['--version']).catch((cause: unknown) => {
    throw new BrokerUnavailable(registryName, `Maven is needed once, to download it. ${install}`, cause);
  });
  progress(`downloading ${registryName} ${version}`);
  // Two processes may download at once: each fills a folder of its own, and the first to rename wins.
  const temporary = await mkdtemp(join(parent, 'download-'));
  try {
    const artifact = `io.apicurio:apicurio-registry-app:${version}:tar.gz:all`;
    const unpacked = join(temporary, version);
    const unpack = ['-q', '-B', 'dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${unpacked}`];
    // Outside of a project it leaves markers where it runs.
    await runCommand('mvn', unpack, { cwd: temporary });
    await rename(unpacked, folder).catch(async (error: unknown) => {
      if (!(await exists(archive.jar))) throw error;
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : '';
    throw new BrokerUnavailable(registryName, `the download failed. ${reason}`, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return archive;
}

async function javaVersion(): Promise<number> {
  const output = await runCommand('java', ['-version']).catch((cause: unknown) => {
    throw new BrokerUnavailable(registryName, `Java 17 or newer is missing. ${install}`, cause);
  });
  return Number(/version "(\d+)/.exec(output)?.[1] ?? 0);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
