import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EventHubsServer } from '../src/index.ts';

const page = readFileSync(new URL('../../../docs/event-hubs-emulator.md', import.meta.url), 'utf8');
const table = page.slice(page.indexOf('## Breaking it'), page.indexOf('## What it does as the service does'));

it('names no control that is not there', () => {
  const named = [...table.matchAll(/`([a-z]\w+)\(/gi)].map(([, name = '']) => name);

  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !Object.hasOwn(controls(), name))).toEqual([]);
});

function controls(): object {
  const processControls = { kill: true, pause: true, resume: true };
  return { ...Object.getOwnPropertyDescriptors(EventHubsServer.prototype), ...processControls };
}
