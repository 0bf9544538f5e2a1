import { inMode } from '../in-mode.ts';
import { startDockerKinesis } from './docker.ts';
import type { KinesisEmulator, KinesisEmulatorOptions } from './emulator.ts';
import { startNativeKinesis } from './native.ts';

/** Starts Kinesis and DynamoDB emulators, which end with this process at the latest. Throws `BrokerUnavailable` that says what to install. */
export async function startKinesis(options: KinesisEmulatorOptions = {}): Promise<KinesisEmulator> {
  return inMode<KinesisEmulatorOptions, KinesisEmulator>(options, {
    native: startNativeKinesis,
    docker: startDockerKinesis,
  });
}
