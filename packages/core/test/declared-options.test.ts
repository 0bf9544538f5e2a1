import { describe, expect, it } from 'vitest';
import { option, takeOptions } from '../src/contract/options.ts';

const declared = {
  sessionTimeout: option.duration({ byDefault: '10s', least: '1s', most: '1m', doc: 'how long' }),
  requestBytes: option.size({ byDefault: '1mb', most: '2mb', doc: 'how much' }),
  pullers: option.whole({ byDefault: 1_000, most: 2_000, doc: 'how many' }),
  mode: option.oneOf({ byDefault: 'slow', of: ['slow', 'fast'], doc: 'which' }),
  packed: option.flag({ byDefault: false, doc: 'whether' }),
  table: option.text({ byDefault: 'leases', doc: 'where' }),
  token: option.given<() => string>({ shownDefault: 'none', isSecret: true, doc: 'who' }),
};
const where = { where: 'example', renamed: { lease: 'sessionTimeout' } };

describe('declared options', () => {
  it('have defaults in plain units', () => {
    expect(takeOptions(declared, { mode: undefined }, where)).toEqual({
      sessionTimeout: 10_000,
      requestBytes: 1_048_576,
      pullers: 1_000,
      mode: 'slow',
      packed: false,
      table: 'leases',
      token: undefined,
    });
  });

  it.each<[options: object, says: string]>([
    [{ sessionTimeout: '2m' }, 'sessionTimeout is 120000 ms. Give 1s to 1m'],
    [{ sessionTimeout: 'long' }, 'sessionTimeout is "long". Give a duration'],
    [{ requestBytes: '3mb' }, 'requestBytes is "3mb". Give a size from 1 byte to 2mb'],
    [{ requestBytes: 0 }, 'requestBytes is 0'],
    [{ pullers: 1.5 }, 'pullers is 1.5. Give a whole number from 1 to 2000'],
    [{ mode: 'fastest' }, 'mode is "fastest". Give one of slow, fast'],
    [{ packed: 'yes' }, 'packed is "yes". Give true or false'],
    [{ table: 5 }, "table is 5. Give a text such as 'leases'"],
    [{ puller: 2 }, 'unknown option puller. Did you mean pullers?'],
    [{ lease: '5s' }, 'lease is now called sessionTimeout. Rename it'],
  ])('refuse %j by name', (options, says) => {
    expect(() => takeOptions(declared, options, where)).toThrow(
      expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining(says) }),
    );
  });

  it.each([undefined, null, 'localhost:9092', ['localhost:9092']])(
    'refuse %j, which is no object of options',
    (given) => {
      const untyped = (): unknown => Reflect.apply(takeOptions, undefined, [declared, given, where]);
      expect(untyped).toThrow(/^example: options is .*\. Give an object of sessionTimeout, requestBytes, /);
    },
  );
});
