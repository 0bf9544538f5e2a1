import { access, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
  const folder = join(await cacheFolder(archive.folder), archive.version);
  const unpack = ['dependency:unpack', `-Dartifact=${archive.artifact}`];
  const isThere = (): Promise<boolean> => exists(join(folder, archive.marker));
  await download({ ...archive, folder, isThere, goal: async () => unpack }, progress);
  return folder;
}

export interface MavenJars {
  /** Whose they are, for people. */
  readonly server: string;
  readonly version: string;
  /** `group:artifact:version` of each; what they depend on comes along. */
  readonly dependencies: readonly string[];
  /** Where the jars are to lie. */
  readonly folder: string;
}

/** The folder with jars and all that they need; Maven downloads them once. Throws {@link BrokerUnavailable} that says what is missing. */
export async function mavenJars(jars: MavenJars, progress: (text: string) => void): Promise<string> {
  const goal = async (temporary: string): Promise<string[]> => {
    const pom = join(temporary, 'pom.xml');
    await writeFile(pom, pomOf(jars.dependencies));
    return ['-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
  };
  await download({ ...jars, isThere: () => exists(jars.folder), goal }, progress);
  return jars.folder;
}

interface Download {
  readonly server: string;
  readonly version: string;
  readonly folder: string;
  readonly isThere: () => Promise<boolean>;
  /** What Maven is to do, in a folder for temporary files. */
  readonly goal: (temporary: string) => Promise<string[]>;
}

async function download(
  { server, version, folder, isThere, goal }: Download,
  progress: (text: string) => void,
): Promise<void> {
  if (await isThere()) return;
  await runCommand('mvn', ['--version']).catch((cause: unknown) => {
    throw new BrokerUnavailable(server, `Maven is needed once, to download it. ${install}`, cause);
  });
  progress(`downloading ${server} ${version}`);
  // Two processes may download at once: each fills a folder of its own, and the first to rename wins.
  const temporary = await mkdtemp(join(dirname(folder), 'download-'));
  try {
    const output = join(temporary, version);
    // Outside of a project it leaves markers where it runs.
    await runCommand('mvn', ['-q', '-B', ...(await goal(temporary)), `-DoutputDirectory=${output}`], {
      cwd: temporary,
    });
    await rename(output, folder).catch(async (error: unknown) => {
      if (!(await isThere())) throw error;
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : '';
    throw new BrokerUnavailable(server, `the download failed. ${reason}`, cause);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function pomOf(dependencies: readonly string[]): string {
  const list = dependencies.map((name) => {
    const [group, artifact, version] = name.split(':');
    return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>isostream</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <dependencies>
${list.join('\n')}
  </dependencies>
</project>
`;
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
