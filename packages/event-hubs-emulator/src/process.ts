import type { EventHubsServerOptions } from './options.ts';
import { createEventHubsServer } from './server.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the launcher
const options = JSON.parse(process.argv[2] ?? '{}') as EventHubsServerOptions;
const server = await createEventHubsServer(options);
process.once('SIGTERM', () => {
  server.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
process.stdout.write(`Event Hubs emulator is ready on port ${server.port}\n`);
