import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { clientPort } from '../client-port.ts';
import { claimFreePorts } from '../free-ports.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
import { javaFor, mavenArchive } from '../maven.ts';
import { refuseDocker, startNative } from '../native-broker.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';
import { untilAnswered } from '../until-answered.ts';
import { unprivileged } from '../unprivileged.ts';

export interface OpenSearchOptions extends BrokerOptions {
  /** Java heap in MB. Default 384. */
  readonly heapMb?: number;
}

/** OpenSearch of one node, without plugins: any user and password will do. */
export interface OpenSearchServer extends RunningBroker, LocalBroker {
  /** For `connection.url` of a sink, and for clients of OpenSearch. */
  readonly url: string;
  /** It starts again on its data. */
  readonly server: ServerControls;
}

const name = 'OpenSearch';
/** Pinned: the newest that Maven's repositories have as an archive. */
const version = '2.19.6';
const usualPort = 9_200;
const vm = [
  '-Xshare:auto',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.security.manager=allow',
  '-Djava.locale.providers=SPI,COMPAT',
  '-Dlog4j2.disable.jmx=true',
  '-Dopensearch.distribution.type=zip',
  '-Dopensearch.bundled_jdk=false',
];

/**
 * Starts OpenSearch in a Java process of its own, on loopback. It ends with this process at the latest. Throws
 * {@link BrokerUnavailable} that says what to install: Java 17 to 23 and, once, Maven. There is no form with Docker.
 */
export async function startOpenSearch(options: OpenSearchOptions = {}): Promise<OpenSearchServer> {
  const { heapMb = 384, progress = () => undefined } = options;
  refuseDocker(name, 'Java and Maven', options);
  const java = await javaFor(name);
  if (java > 23)
    throw new BrokerUnavailable(
      name,
      `Java is version ${java}, and OpenSearch ${version} runs on 17 to 23. Install 21.`,
    );
  const archive = await openSearchArchive(progress);
  const port = await clientPort(name, usualPort, options);
  const [transportPort = 0] = await claimFreePorts(1);
  const run = await RunFolder.create('opensearch', options.keepLogs);
  progress(`starting ${name} ${version}`);
  const folder = (part: string): string => join(run.path, part);
  const folders = [folder('data'), folder('logs'), folder('config'), folder('temporary')];
  for (const path of folders) await mkdir(path);
  await copyFile(join(archive, 'config', 'log4j2.properties'), join(folder('config'), 'log4j2.properties'));
  const settings = {
    'discovery.type': 'single-node',
    'network.host': '127.0.0.1',
    'http.port': port,
    'transport.port': transportPort,
    'path.data': folder('data'),
    'path.logs': folder('logs'),
    'node.store.allow_mmap': false,
    // A disk that is nearly full makes every index read-only otherwise.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  // JSON is YAML as well.
  await writeFile(join(folder('config'), 'opensearch.yml'), JSON.stringify(settings));
  const home = await readableHome(archive, folder('home'));
  const asUser = await unprivileged(['nobody'], [run.path, ...folders]);
  const paths = [`-Djava.io.tmpdir=${folder('temporary')}`, `-Dopensearch.path.home=${home}`];
  const server = new ServerProcess({
    ...asUser('java', [
      ...[`-Xms${heapMb}m`, `-Xmx${heapMb}m`, ...vm, ...paths, `-Dopensearch.path.conf=${folder('config')}`],
      ...['-cp', join(home, 'lib', '*'), 'org.opensearch.bootstrap.OpenSearch'],
    ]),
    folder: run,
    logFile: folder('opensearch.log'),
    ready: /\] started$/m,
    timeoutMs: 120_000,
  });
  const url = `http://127.0.0.1:${port}`;
  const start = async (): Promise<void> => {
    await server.start();
    // It answers before it has read what it stored earlier.
    await untilAnswered(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`, name, server, 60_000);
  };
  const running = await startNative(run, { ports: [port, transportPort], start, end: () => server.kill() });
  return {
    url,
    use: `Give it to a sink: connection.url=${url}`,
    description: `${name} ${version}, native`,
    server: controlsOf(server, port, start),
    ...running,
  };
}

/** The archive without plugins, which is all that indexing and searching need. */
async function openSearchArchive(progress: (text: string) => void): Promise<string> {
  const artifact = `org.opensearch.distribution.integ-test-zip:opensearch:${version}:zip`;
  const root = `opensearch-${version}`;
  const archive = { server: name, version, artifact, folder: 'opensearch', marker: join(root, 'lib') };
  return join(await mavenArchive(archive, progress), root);
}

/** Root keeps its cache to itself, and the server is not run as root: it gets a copy. */
async function readableHome(archive: string, copy: string): Promise<string> {
  if (process.getuid?.() !== 0) return archive;
  await cp(archive, copy, { recursive: true });
  return copy;
}
