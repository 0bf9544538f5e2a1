import { expect, it } from 'vitest';
import type { Assignment, Source, SourceListener } from '../src/contract/source.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { Warnings } from '../src/observe/warnings.ts';
import { retryingMember } from '../src/streams/retrying-source.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { watch } from './support/open-engine.ts';
import { ScriptedSource } from './support/scripted-source.ts';

const away = new StreamError('unavailable', 'no broker', { where: 'scripted' });

function scripted(): {
  readonly clock: ManualClock;
  readonly sources: readonly ScriptedSource[];
  readonly source: Source;
  readonly told: readonly string[];
  readonly listener: SourceListener;
} {
  const clock = new ManualClock();
  const sources: ScriptedSource[] = [];
  const told: string[] = [];
  const name = ({ partition }: Assignment): string => partition;
  const create = (): Source => {
    const created = new ScriptedSource();
    sources.push(created);
    return created;
  };
  return {
    clock,
    sources,
    told,
    source: retryingMember(create, {
      what: 'consumer',
      where: 'scripted',
      warnings: new Warnings('scripted', clock),
      clock,
    }),
    listener: {
      assigned: (assignment) => void told.push(`assigned ${name(assignment)}`),
      revoking: async (assignment) => void told.push(`revoking ${name(assignment)}`),
      lost: (assignment, reason) => void told.push(`lost ${name(assignment)}: ${reason.code}`),
    },
  };
}

it('a member that ends with an error that is retryable joins anew, and what it held is lost', async () => {
  const { clock, sources, source, told, listener } = scripted();
  const leave = new AbortController();
  const running = watch(source.run(listener, leave.signal));
  sources[0]?.fail(away);
  await clock.advance(2_000);
  sources[1]?.assign('p0');
  sources[1]?.fail(away);
  await clock.advance(2_000);
  sources[2]?.assign('p0');
  expect(told).toEqual(['assigned p0', 'lost p0: lease-lost', 'assigned p0']);
  leave.abort();
  await settled();
  expect(running.state).toBe('resolved');
  expect(sources).toHaveLength(3);
});

it('a member ends with what no waiting cures', async () => {
  const { sources, source, listener } = scripted();
  const running = source.run(listener, new AbortController().signal);
  sources[0]?.fail(new StreamError('unknown-topic', 'gone', { where: 'scripted' }));
  await expect(running).rejects.toMatchObject({ code: 'unknown-topic' });
});

it('a member that is told to leave while it waits to join anew leaves at once', async () => {
  const { sources, source, listener } = scripted();
  const leave = new AbortController();
  const running = watch(source.run(listener, leave.signal));
  sources[0]?.fail(away);
  await settled();
  leave.abort();
  await settled();
  expect(running.state).toBe('resolved');
  expect(sources).toHaveLength(1);
});
