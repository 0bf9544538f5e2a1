import { describe, expect, it } from 'vitest';
import { isostreamWith } from './support/run.ts';

const policy = (...args: readonly string[]) => isostreamWith({}, 'policy', ...args);

describe('isostream policy', () => {
  it('prints commands, or what each right is for, and asks no service', () => {
    const consumer = ['--url', 'kafka://broker.example:9092', '--topic', 'orders', '--group', 'g', '--role', 'consume'];
    expect(policy(...consumer)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^kafka-acls\.sh --bootstrap-server broker\.example:9092 --add .* --operation Read --topic orders /,
      ),
    });
    expect(policy(...consumer, '--explain').stdout).toMatch(/^right +on +for\nRead +topic orders +join\n/);
  });

  it.each([
    ['groups that are missing', ['--provider', 'kafka', '--topic', 'a', '--role', 'consume'], 2, 'Give --group'],
    ['a role that there is none of', ['--provider', 'kafka', '--topic', 'a', '--role', 'admin'], 2, 'Valid: produce'],
    ['topics that are missing', ['--provider', 'kafka', '--role', 'produce'], 2, 'or --topic'],
    ['a provider that is missing', ['--topic', 'a', '--role', 'produce'], 2, 'Give --provider or --url'],
    ['a provider without rights', ['--provider', 'memory', '--topic', 'a', '--role', 'produce'], 6, 'no policy'],
  ])('refuses %s', (_, args, status, message) => {
    expect(policy(...args)).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(message) });
  });
});
