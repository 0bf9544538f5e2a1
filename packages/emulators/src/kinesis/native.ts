import { join } from 'node:path';
import { clientPort } from '../client-port.ts';
import { claimFreePorts } from '../free-ports.ts';
import { loopbackOnly } from '../loopback.ts';
import { nodePackage } from '../node-package.ts';
import { startNative } from '../native-broker.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, ServerProcess } from '../server-process.ts';
import { untilAnswered } from '../until-answered.ts';
import { credentials, region, urlOf } from './addresses.ts';
import { trimSaved } from './trim.ts';
import type { KinesisEmulator, KinesisEmulatorOptions } from './emulator.ts';

const broker = 'the Kinesis emulator';
const install = 'npm install --save-dev kinesis-local@~0.6.2 dynalite@4';

/** kinesis-local for streams and dynalite for leases, each in a Node process of its own. Throws `BrokerUnavailable`. */
export async function startNativeKinesis(options: KinesisEmulatorOptions): Promise<KinesisEmulator> {
  const { progress = () => undefined } = options;
  const kinesisPackage = await nodePackage(broker, 'kinesis-local', install);
  const dynamoPackage = await nodePackage(broker, 'dynalite', install);
  const run = await RunFolder.create('kinesis', options.keepLogs);
  const folder = run.path;
  const plainPort = await clientPort(broker, 4_568, options);
  const dynamoPort = await clientPort('the DynamoDB emulator', 8_000, besides(options));
  const [tlsPort = 0] = await claimFreePorts(1);
  progress(`starting kinesis-local ${kinesisPackage.version} and dynalite ${dynamoPackage.version}`);
  const kinesis = new ServerProcess({
    command: process.execPath,
    // It has no option for the interface, and takes requests of anybody.
    args: [...loopbackOnly, join(kinesisPackage.folder, 'main.js')],
    env: kinesisEnvironment(kinesisPackage.folder, join(folder, dataFolder), plainPort, tlsPort),
    folder: run,
    logFile: join(folder, 'kinesis.log'),
    ready: /Starting Kinesis Plain Mock Service/,
    // It waits half a minute for clients that do not leave, and saves what it holds only then.
    stopTimeoutMs: 90_000,
  });
  const dynamo = new ServerProcess({
    command: process.execPath,
    args: [join(dynamoPackage.folder, 'cli.js'), '--host', '127.0.0.1', '--port', String(dynamoPort), ...quickTables],
    folder: run,
    logFile: join(folder, 'dynamo.log'),
    ready: /Dynalite listening/,
  });
  const startServing = async (): Promise<void> => {
    await kinesis.start();
    await untilAnswered(`http://127.0.0.1:${plainPort}/healthcheck`, 'kinesis-local', kinesis, 30_000);
  };
  const running = await startNative(run, {
    ports: [plainPort, tlsPort, dynamoPort],
    start: () => Promise.all([startServing(), dynamo.start()]),
    end: () => Promise.all([kinesis.kill(), dynamo.kill()]),
  });
  const endpoint = `http://127.0.0.1:${plainPort}`;
  const dynamoEndpoint = `http://127.0.0.1:${dynamoPort}`;
  return {
    region,
    endpoint,
    dynamoEndpoint,
    credentials,
    url: urlOf(endpoint, dynamoEndpoint),
    description: `kinesis-local ${kinesisPackage.version} and dynalite ${dynamoPackage.version}, native`,
    kinesis: controlsOf(kinesis, plainPort, startServing),
    dynamo: controlsOf(dynamo, dynamoPort),
    trim: (stream, shard, before) => trimSaved(join(folder, dataFolder, savedFile), stream, shard, before),
    ...running,
  };
}

/** A port that was asked for is that of Kinesis; of DynamoDB it is any. */
function besides({ port, progress }: KinesisEmulatorOptions): KinesisEmulatorOptions {
  return { ...(port === 'usual' ? { port } : {}), ...(progress === undefined ? {} : { progress }) };
}

const dataFolder = 'data';
const savedFile = 'streams.json';
const quickTables = ['--createTableMs', '10', '--deleteTableMs', '10', '--updateTableMs', '10'];

function kinesisEnvironment(
  packageFolder: string,
  savedFolder: string,
  plainPort: number,
  tlsPort: number,
): Record<string, string> {
  return {
    // Without it the emulator looks for its certificate in the working folder and ends.
    KINESIS_MOCK_CERT_PATH: join(packageFolder, 'server.json'),
    KINESIS_MOCK_PLAIN_PORT: String(plainPort),
    KINESIS_MOCK_TLS_PORT: String(tlsPort),
    SHARD_LIMIT: '100000',
    ON_DEMAND_STREAM_COUNT_LIMIT: '1000',
    CREATE_STREAM_DURATION: '10ms',
    DELETE_STREAM_DURATION: '10ms',
    SPLIT_SHARD_DURATION: '100ms',
    MERGE_SHARDS_DURATION: '100ms',
    UPDATE_SHARD_COUNT_DURATION: '100ms',
    UPDATE_STREAM_MODE_DURATION: '10ms',
    // Its word that it serves is at this level.
    LOG_LEVEL: 'INFO',
    // It writes everything each time, so it is to save at its end only; longer intervals overflow its timer.
    SHOULD_PERSIST_DATA: 'true',
    PERSIST_PATH: savedFolder,
    PERSIST_FILE_NAME: savedFile,
    PERSIST_INTERVAL: '24h',
  };
}
