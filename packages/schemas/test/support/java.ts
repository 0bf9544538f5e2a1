import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface JavaLibrary {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
}

/** Runs a program of one file with a library of Java, which Maven loads into the cache once, and gives what it prints. */
export async function runJava(library: JavaLibrary, program: string, ...args: readonly string[]): Promise<string> {
  const jars = join(await jarsFolder(library), '*');
  const java = ['-XX:TieredStopAtLevel=1', '-cp', jars, program];
  const { stdout } = await promisify(execFile)('java', [...java, ...args]);
  return stdout.trim();
}

async function jarsFolder({ group, artifact, version }: JavaLibrary): Promise<string> {
  const root = join(process.env['ISOSTREAM_CACHE'] ?? join(homedir(), '.cache/isostream'), 'java');
  const folder = join(root, `${artifact}-${version}`);
  if (await isThere(folder)) return folder;
  await mkdir(root, { recursive: true });
  const temporary = await mkdtemp(join(root, 'download-'));
  const dependency = `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>isostream</groupId><artifactId>jars</artifactId><version>1</version>
<dependencies><dependency>${dependency}</dependency></dependencies></project>`;
  await writeFile(join(temporary, 'pom.xml'), pom);
  const jars = join(temporary, 'jars');
  const maven = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
  await promisify(execFile)('mvn', maven, { cwd: temporary });
  // Others may have downloaded them meanwhile: the first to rename wins.
  await rename(jars, folder).catch(async (error: unknown) => {
    if (!(await isThere(folder))) throw error;
  });
  await rm(temporary, { recursive: true });
  return folder;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
