import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { clientPort } from '../client-port.ts';
import type { BrokerOptions, RunningBroker } from '../in-mode.ts';
import type { LocalBroker } from '../local-broker.ts';
import { startNative } from '../native-broker.ts';
import { pythonPackage } from '../python-package.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';

export type GlueServerOptions = BrokerOptions;

export interface GlueServer extends RunningBroker, LocalBroker {
  /** The endpoint for `glueRegistry({ endpoint })` and other clients of AWS Glue. */
  readonly url: string;
  readonly region: string;
  /** Any are taken. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Empty when it starts again. */
  readonly server: ServerControls;
}

const broker = 'the AWS Glue emulator';
// Without what moto needs for other services than Glue.
const moto = { name: 'moto', version: '5.2.5', beside: ['flask', 'flask-cors', 'pyparsing'] } as const;
const region = 'eu-central-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/**
 * Starts moto, which has the interface of AWS Glue Schema Registry, in a Python process of its own. It keeps everything in memory and
 * ends with this process at the latest. Throws {@link BrokerUnavailable} that says what to install: Python 3 and, once, pip.
 */
export async function startGlue(options: GlueServerOptions = {}): Promise<GlueServer> {
  const { mode = 'auto', progress = () => undefined } = options;
  if (mode === 'docker')
    throw new BrokerUnavailable(broker, 'it starts natively only. Leave mode out, and install Python 3 with pip.');
  const folder = await pythonPackage(broker, moto, progress);
  const run = await RunFolder.create('glue', options.keepLogs);
  const port = await clientPort(broker, 5_000, options);
  progress(`starting moto ${moto.version}`);
  const server = new ServerProcess({
    command: 'python3',
    args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
    folder: run,
    logFile: join(run.path, 'moto.log'),
    ready: /Running on http/,
  });
  const running = await startNative(run, { ports: [port], start: () => server.start(), end: () => server.kill() });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    region,
    credentials,
    use: `Give it to the codec of a topic: glueRegistry({ region: '${region}', endpoint: '${url}' }), with any credentials`,
    description: `moto ${moto.version}, native`,
    server: controlsOf(server, port),
    ...running,
  };
}
