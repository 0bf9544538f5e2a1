import {
  connectEventHubsControls,
  defaultKeyName,
  eventHubsConnectionString,
  type EventHubsControls,
  type EventHubsServerOptions,
} from '@isostream/event-hubs-emulator';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { clientPort } from '../client-port.ts';
import { claimFreePorts } from '../free-ports.ts';
import type { BrokerOptions } from '../in-mode.ts';
import { startNative } from '../native-broker.ts';
import { RunFolder } from '../run-folder.ts';
import { controlsOf, type ServerControls, ServerProcess } from '../server-process.ts';

export interface EventHubsProcessOptions
  extends
    Omit<EventHubsServerOptions, 'port' | 'controlPort' | 'host' | 'journal' | 'now'>,
    Pick<BrokerOptions, 'keepLogs' | 'port' | 'progress'> {
  /** What a process stored is there again after `kill` and `start`. Default `true`. */
  readonly keepsState?: boolean;
}

/** An Event Hubs namespace in a process of its own, which can be killed and frozen. */
export interface EventHubsProcess extends ServerControls, AsyncDisposable {
  /** For `new EventHubProducerClient(connectionString, hub)` and its siblings. */
  readonly connectionString: string;
  /** As `controlUrl` of an `EventHubsServer`; gone while the process is. */
  readonly controlUrl: string;
  readonly controls: EventHubsControls;
  readonly logFolder: string;
  /** Resolves once it ends unasked, with what it said last; pending while it runs and after it was stopped. */
  died(): Promise<string>;
}

/** Starts an Event Hubs namespace in a process of its own, which ends with this one at the latest. */
export async function startEventHubs(options: EventHubsProcessOptions = {}): Promise<EventHubsProcess> {
  const { keepsState = true, keepLogs = false, progress = () => undefined, port: _, ...serverOptions } = options;
  const run = await RunFolder.create('event-hubs', keepLogs);
  const folder = run.path;
  const port = await clientPort('the Event Hubs emulator', 5_672, options);
  const [controlPort = 0] = await claimFreePorts(1);
  const keys = options.keys ?? { [defaultKeyName]: randomBytes(32).toString('base64') };
  const childOptions: EventHubsServerOptions = {
    ...serverOptions,
    port,
    controlPort,
    keys,
    ...(keepsState ? { journal: join(folder, 'journal') } : {}),
  };
  const child = new ServerProcess({
    command: process.execPath,
    args: [mainFile(), JSON.stringify(childOptions)],
    folder: run,
    logFile: join(folder, 'event-hubs.log'),
    ready: /is ready on port/,
  });
  progress('starting the Event Hubs emulator');
  const running = await startNative(run, {
    ports: [port, controlPort],
    start: () => child.start(),
    end: () => child.kill(),
  });
  const controlUrl = `http://127.0.0.1:${controlPort}`;
  return {
    connectionString: eventHubsConnectionString('127.0.0.1', port, keys),
    ...controlsOf(child, port),
    controlUrl,
    controls: connectEventHubsControls(controlUrl),
    logFolder: running.logFolder,
    died: () => running.died(),
    [Symbol.asyncDispose]: running.stop,
  };
}

/** The server's program, as it was compiled. */
function mainFile(): string {
  return createRequire(import.meta.url).resolve('@isostream/event-hubs-emulator/process');
}
