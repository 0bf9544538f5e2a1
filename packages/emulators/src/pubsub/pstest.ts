import { access, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BrokerUnavailable } from '../broker-unavailable.ts';
import { cacheFolder } from '../cache-folder.ts';
import { runCommand } from '../run-command.ts';
import type { PubSubEmulator, PubSubEmulatorOptions } from './emulator.ts';
import { startPubSubProcess } from './pubsub-process.ts';

const broker = 'pstest';
/** Pinned: of some releases not every dependency resolves. */
const version = '2.3.0';

/**
 * The fake of Google's Go library, as a second opinion: it publishes, pulls, acknowledges, keeps the order of keys and hands
 * back, by other code than the emulator's. It is partial: a new subscription never gets what was published before, and
 * seeking ends it. Built once with Go, which takes minutes. Throws {@link BrokerUnavailable} that says what is missing.
 */
export async function startPstest(
  options: Omit<PubSubEmulatorOptions, 'mode' | 'heapMb'> = {},
): Promise<PubSubEmulator> {
  const { progress = () => undefined } = options;
  const command = await build(progress);
  progress(`starting pstest ${version}`);
  return startPubSubProcess(
    {
      command,
      args: (port) => [`--port=${port}`],
      ready: /listening/,
      description: `pstest ${version} (partial)`,
    },
    options,
  );
}

async function build(progress: (text: string) => void): Promise<string> {
  const program = join(await cacheFolder('pstest'), `pstest-${version}`);
  if (await exists(program)) return program;
  await runCommand('go', ['version']).catch((cause: unknown) => {
    throw new BrokerUnavailable(broker, 'Go is needed once, to build it. Install it from https://go.dev/dl', cause);
  });
  progress(`building pstest ${version}, which takes minutes`);
  // Two processes may build at once: each does it in a folder of its own, and the last to rename wins.
  const folder = await mkdtemp(join(await cacheFolder('pstest'), 'build-'));
  try {
    await writeFile(join(folder, 'go.mod'), module);
    await writeFile(join(folder, 'main.go'), source);
    await runCommand('go', ['mod', 'tidy'], { cwd: folder });
    await runCommand('go', ['build', '-o', 'pstest', '.'], { cwd: folder });
    await rename(join(folder, 'pstest'), program);
  } catch (cause) {
    throw new BrokerUnavailable(broker, `the build failed. ${cause instanceof Error ? cause.message : ''}`, cause);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return program;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

const module = `module pstest

go 1.23

require cloud.google.com/go/pubsub/v2 v${version}
`;

const source = `package main

import (
	"flag"
	"fmt"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	port := flag.Int("port", 0, "the port to listen on")
	flag.Parse()
	server := pstest.NewServerWithPort(*port)
	fmt.Println("listening on", server.Addr)
	select {}
}
`;
