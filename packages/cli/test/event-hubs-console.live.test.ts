import { startBroker } from '@isostream/emulators';
import { expect, it } from 'vitest';
import { walkConsole } from './support/console-walk.ts';

it('each page of the console has what the service can tell, and says what it cannot', async () => {
  await using broker = await startBroker('event-hubs');
  await expect(walkConsole(broker.url)).resolves.toBeUndefined();
});
