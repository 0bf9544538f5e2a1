// Starts a broker or another server of the tests, and stops it. Exit code 3: it cannot be started on this machine.
import { BrokerUnavailable, startBroker } from '../packages/emulators/dist/index.js';

try {
  const started = await startBroker(process.argv[2] ?? '', { progress: (text) => console.log(text) });
  await started.stop();
  console.log(`${started.description}: starts and stops`);
} catch (error) {
  if (!(error instanceof BrokerUnavailable)) throw error;
  console.log(error.message);
  process.exitCode = 3;
}
