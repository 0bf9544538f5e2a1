import { expect, it } from 'vitest';
import { eventHubsHarness } from '../src/suites/event-hubs.ts';
import { kinesisHarness } from '../src/suites/kinesis.ts';
import { pubSubHarness } from '../src/suites/pubsub.ts';

const service = 'what runs already';
const [checkpoints, management] = [{}, {}];
const namespace = 'Endpoint=sb://orders.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=k';

it('knows of each cloud what it bills for, and of an emulator that nobody pays', async () => {
  const clouds = [
    kinesisHarness({ service, options: { region: 'eu-west-1' } }),
    pubSubHarness({ service, options: { projectId: 'p', emulatorHost: false } }),
    eventHubsHarness({ service, options: { checkpoints, management, connectionString: namespace } }),
  ];
  for (const { billed } of await Promise.all(clouds)) expect(billed).toMatch(/ bills /);
  const emulators = [
    kinesisHarness({ service, options: { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' } }),
    pubSubHarness({ service, options: { projectId: 'p', emulatorHost: '127.0.0.1:1' } }),
    eventHubsHarness({
      service,
      options: { checkpoints, management, connectionString: `${namespace};UseDevelopmentEmulator=true` },
    }),
  ];
  for (const { billed } of await Promise.all(emulators)) expect(billed).toBeUndefined();
});
