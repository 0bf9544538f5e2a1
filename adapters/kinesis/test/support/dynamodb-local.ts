import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { freePorts } from '@isostream/emulators';
import { execFile, spawn } from 'node:child_process';
import { access, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dynamoClient } from './dynalite.ts';

const run = promisify(execFile);
/** Pinned: of later ones not every artifact resolves. */
const version = '2.6.1';
const sqlite = { artifact: 'libsqlite4java-linux-amd64', version: '1.0.392' };

/** Amazon's own DynamoDB for one machine, which needs Java 17 and, once, Maven to download it. */
export async function startDynamoDbLocal(): Promise<AsyncDisposable & { readonly client: DynamoDBClient }> {
  const lib = await jars();
  const [port = 0] = await freePorts(1);
  const server = spawn(
    'java',
    [
      ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Djava.library.path=${lib}`],
      ...['-cp', `${lib}/*`, 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'],
      ...['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)],
    ],
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  const endpoint = `http://127.0.0.1:${port}`;
  const client = dynamoClient(endpoint);
  await untilAnswered(endpoint, () => server.exitCode !== null);
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      kill();
      await ended;
      process.off('exit', kill);
    },
  };
}

async function untilAnswered(endpoint: string, isOver: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer !== undefined) return;
    if (isOver() || performance.now() > deadline) throw new Error('DynamoDB Local did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Downloads once, for all tests of this user. */
async function jars(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const root = join(process.env['ISOSTREAM_CACHE'] ?? join(cache, 'isostream'), 'dynamodb-local');
  const folder = join(root, version);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) return folder;
  await mkdir(root, { recursive: true });
  const temporary = await mkdtemp(join(root, 'download-'));
  try {
    const lib = join(temporary, 'lib');
    await writeFile(join(temporary, 'pom.xml'), pom);
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`, '-DincludeScope=runtime'];
    await run('mvn', ['-q', '-B', '-f', join(temporary, 'pom.xml'), ...goal]);
    // Java looks for it without its version.
    const { artifact, version: built } = sqlite;
    await copyFile(join(lib, `${artifact}-${built}.so`), join(lib, `${artifact}.so`));
    await rename(lib, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>isostream</groupId>
  <artifactId>dynamodb-local</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>${version}</version></dependency>
  </dependencies>
</project>
`;
