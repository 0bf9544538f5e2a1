import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startBroker } from '@isostream/emulators';
import { expect, it } from 'vitest';
import { walkConsole } from './support/console-walk.ts';
import { command, ended } from './support/run.ts';

it('each page of the console has what the service can tell, and says what it cannot', async () => {
  await using broker = await startBroker('kafka');
  await expect(walkConsole(broker.url)).resolves.toBeUndefined();
});

it('the page says which service it is of', async () => {
  await using broker = await startBroker('kafka');
  const child = spawn('node', [...command, 'console', '--url', broker.url]);
  const exited = ended(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { origin, hash } = new URL(line);
  const headers = { authorization: `Bearer ${hash.slice('#token='.length)}` };
  const answer = await fetch(`${origin}/api/about`, { headers });
  expect(await answer.json()).toMatchObject({ provider: 'kafka', address: broker.url });
  child.kill('SIGINT');
  expect(await exited).toBe(130);
});
