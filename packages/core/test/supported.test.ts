import { describe, expect, it } from 'vitest';
import type { ConsumerOptions } from '../src/consume/options.ts';
import type { Capabilities } from '../src/contract/capabilities.ts';
import { TopicAdmin } from '../src/streams/streams-admin.ts';
import { checkConsumer, checkReplay } from '../src/streams/supported.ts';
import { capabilities } from './support/capabilities.ts';
import { refusal } from './support/refusal.ts';
import { ScriptedAdmin, scriptedAdapter } from './support/scripted-admin.ts';

const provider = (changes: Partial<Capabilities>) => ({ name: 'scripted', capabilities: capabilities(changes) });
const individual = provider({ settlement: 'individual' });
const range = { from: 'earliest', to: 'latest' } as const;

describe('a consumer', () => {
  it.each<[string, Partial<ConsumerOptions>, Partial<Capabilities>]>([
    ['start at a time', { from: new Date(0) }, { startAtTimestamp: false }],
    ['order by partition', { ordering: 'partition' }, { settlement: 'individual' }],
    ['stop at events that retention removed', { onExpired: 'stop' }, { settlement: 'individual' }],
  ])('cannot %s everywhere', (_, options, absent) => {
    expect(refusal(() => checkConsumer(provider(absent), { group: 'g', ...options })).code).toBe('unsupported');
    expect(() => checkConsumer(provider({}), { group: 'g', ...options })).not.toThrow();
  });

  it('can leave open what a provider may not have, and accept the loss', () => {
    expect(() => checkConsumer(individual, { group: 'g' })).not.toThrow();
    expect(() => checkConsumer(individual, { group: 'g', onExpired: 'continue', ordering: 'none' })).not.toThrow();
  });
});

describe('a replay', () => {
  it.each<[string, Parameters<typeof checkReplay>[1], Partial<Capabilities>]>([
    ['be read at all', range, { replay: false }],
    ['start at a time', { ...range, from: new Date(0) }, { startAtTimestamp: false }],
    ['end at a time', { ...range, to: new Date(0) }, { startAtTimestamp: false }],
    ['start at positions', { ...range, from: new Map([['0', '7']]) }, { settlement: 'individual' }],
    ['order by partition', { ...range, ordering: 'partition' }, { settlement: 'individual' }],
  ])('cannot %s everywhere', (_, options, absent) => {
    expect(refusal(() => checkReplay(provider(absent), options)).code).toBe('unsupported');
    expect(() => checkReplay(provider({}), options)).not.toThrow();
  });
});

describe('lag', () => {
  it('is refused where a provider counts neither events nor time', async () => {
    const admin = new ScriptedAdmin();
    const lag = (units: Capabilities['lag']) =>
      new TopicAdmin(scriptedAdapter(admin, capabilities({ lag: units })), [], () => undefined).lag('orders', 'g');
    await expect(lag({ events: false, time: false })).rejects.toMatchObject({ code: 'unsupported' });
    await expect(lag({ events: false, time: true })).resolves.toEqual([]);
    await expect(lag({ events: true, time: false })).resolves.toEqual([]);
  });
});
