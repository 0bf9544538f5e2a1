import { describe, expect, it } from 'vitest';
import { isostreamWith } from './support/run.ts';

const capacity = (...args: readonly string[]) =>
  isostreamWith({}, 'capacity', '--events', '5000', '--bytes', '1000', '--headroom', '0', ...args);

describe('isostream capacity', () => {
  it('prints what is needed, each limit with its formula, and the sources', () => {
    const { status, stdout } = capacity('--provider', 'kinesis', '--groups', '3');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^shards +8$/m);
    expect(stdout).toMatch(/^limits first +bytes read per shard$/m);
    expect(stdout).toMatch(/^records written +1,000 records\/s per shard +5,000 +5 +events\/s/m);
    expect(stdout).toMatch(/^sources:\nhttps:/m);
  });

  it('says what is not enough', () => {
    const { stderr } = capacity(
      '--provider',
      'event-hubs',
      '--groups',
      '30',
      '--hottest-key',
      '0.5',
      '--handler',
      '10ms',
    );
    expect(stderr).toMatch(/^not enough: bytes of one key: 2,500,000 bytes\/s, the limit is 1,000,000$/m);
    expect(stderr).toMatch(/^not enough: consumer groups of a hub: 30 groups, the limit is 20$/m);
    expect(stderr).toMatch(/^not enough: handlers of the hottest key: 25 would have to run at a time/m);
    expect(stderr).toMatch(/^not enough: 75 throughput units are needed, there are 40 at most/m);
  });

  it('says that events are too large for the standard tier of Event Hubs, of which the model is', () => {
    const { stderr } = capacity('--provider', 'event-hubs', '--bytes', '2000000');
    expect(stderr).toMatch(/^not enough: .*1,048,576/m);
  });

  it.each([
    ['a provider without limits', ['--provider', 'memory'], 6],
    ['a part that is none', ['--provider', 'kafka', '--hottest-key', '5'], 2],
    ['a size that is none', ['--provider', 'kafka', '--bytes', 'big'], 2],
  ])('refuses %s in one line', (_, args, status) => {
    expect(capacity(...args)).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(/^error [^\n]*\n$/) });
  });
});
