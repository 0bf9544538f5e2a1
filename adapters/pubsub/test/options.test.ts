import { describe, expect, it } from 'vitest';
import { createPubSub } from './support/open.ts';
import { type PubSubOptions, resolveOptions } from '../src/options.ts';

const invalid = { code: 'invalid-config' };

describe('where the service is', () => {
  it('is said by the environment for an emulator, unless the options say otherwise', () => {
    const environment = { PUBSUB_EMULATOR_HOST: 'localhost:8085' };
    const emulatorOf = (options: PubSubOptions) =>
      resolveOptions({ projectId: 'p-1', ...options }, environment).emulator;
    expect(emulatorOf({})).toEqual({ host: 'localhost', port: 8_085 });
    expect(emulatorOf({ emulatorHost: '127.0.0.1:9' })).toEqual({ host: '127.0.0.1', port: 9 });
    expect(emulatorOf({ emulatorHost: false })).toBeUndefined();
    expect(emulatorOf({ emulatorHost: false, apiEndpoint: 'europe-west1-pubsub.googleapis.com' })).toBeUndefined();
    expect(resolveOptions({ projectId: 'p-1' }, {}).emulator).toBeUndefined();
  });

  it.each([
    ['apiEndpoint', { apiEndpoint: 'europe-west1-pubsub.googleapis.com' }],
    ['credentials', { credentials: { client_email: 'a@b', private_key: 'k' } }],
  ])('is never an emulator and %s', (option, options) => {
    expect(() => resolveOptions({ projectId: 'p-1', ...options }, { PUBSUB_EMULATOR_HOST: 'localhost:1' })).toThrow(
      expect.objectContaining({ ...invalid, message: expect.stringContaining(option) }),
    );
    expect(() => resolveOptions({ projectId: 'p-1', emulatorHost: 'localhost:1', ...options }, {})).toThrow(
      expect.objectContaining(invalid),
    );
  });

  it.each(['localhost', 'localhost:0', 'localhost:99999', ':1', 'a b:1'])('is not an address: %s', (emulatorHost) => {
    expect(() => resolveOptions({ projectId: 'p-1', emulatorHost }, {})).toThrow(expect.objectContaining(invalid));
  });
});

it.each<[string, object]>([
  ['pullEvent', { pullEvent: 1 }],
  ['projectId', { projectId: 'My Project' }],
  ['projectId', { projectId: undefined }],
  ['sessionTimeout', { sessionTimeout: '9s' }],
  ['sessionTimeout', { sessionTimeout: '601s' }],
  ['pullWait', { pullWait: '11s', sessionTimeout: '20s' }],
  ['pullers', { pullers: 0 }],
  ['pullEvents', { pullEvents: 1_001 }],
  ['connectTimeout', { connectTimeout: '50ms' }],
  ['requestTimeout', { requestTimeout: 'soon' }],
  ['topicRetention', { topicRetention: '5m' }],
  ['topicRetention', { topicRetention: '32d' }],
])('refuses %s', (option, options) => {
  const given = { projectId: 'p-1', emulatorHost: 'localhost:1', ...options } as PubSubOptions;
  expect(() => createPubSub(given)).toThrow(
    expect.objectContaining({ ...invalid, message: expect.stringContaining(option) }),
  );
});

it('promises what the service can, and nothing can change it', () => {
  const { capabilities } = createPubSub({ projectId: 'p-1', emulatorHost: 'localhost:1' });
  expect(capabilities).toMatchObject({ settlement: 'individual', reshard: 'none', resetGroup: false });
  expect(Object.isFrozen(capabilities)).toBe(true);
});
