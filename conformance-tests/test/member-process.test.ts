import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemberProcess } from '../src/faults/member-process.ts';
import { History } from '../src/history/history.ts';

// Processes run what is built: conditions that lead to sources are for this one alone.
const { execArgv } = process;
beforeAll(() => void (process.execArgv = []));
afterAll(() => void (process.execArgv = execArgv));

const built = (path: string): URL => new URL(`../../${path}`, import.meta.url);

/** A provider that is as `source` says: `memory` is the adapter that it starts from. */
function recipe(source: string) {
  const code = `
    import { createMemory } from '${built('adapters/memory/dist/index.js').href}';
    const memory = createMemory();
    export const createAdapter = () => (${source});`;
  return { module: `data:text/javascript,${encodeURIComponent(code)}`, settings: undefined };
}

function start(source: string) {
  const history = new History();
  const died: string[] = [];
  const told: unknown[] = [];
  const plan = {
    recipe: recipe(source),
    name: 'w1',
    topic: 'rides',
    partitions: 1,
    options: { group: 'g' },
    busyMs: 0,
    failing: [],
    sessionTimeoutMs: 1_000,
    seed: 1,
  };
  const main = built('conformance-tests/dist/faults/worker.js');
  const member = new MemberProcess(plan, {
    history,
    died: (why) => died.push(why),
    told: (message) => told.push(message),
    main,
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await sleep(5);
  };
  const isAssigned = (): boolean => history.arrivals.some(({ kind }) => kind === 'assign');
  return { member, died, told, history, until, assigned: () => until(isAssigned) };
}

const rejecting = `{
  ...memory,
  createSource: (subscription) => ({
    run: async (listener, signal) => {
      void memory.createSource(subscription).run(listener, signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('the group is gone (this is part of a test)');
    },
  }),
}`;

describe('a member process', () => {
  it('is told of when its consumer rejects', async () => {
    const { member, died, assigned } = start(rejecting);
    await assigned();
    await member.leave();
    expect(died).toEqual(['process of w1 ended with 1']);
  });

  it('is told of when somebody else kills it', async () => {
    const { member, died } = start(`process.kill(process.pid, 'SIGKILL')`);
    await member.leave();
    expect(died).toEqual(['process of w1 ended with SIGKILL']);
  });

  it('hears what the processes of other members say, which is no entry of the history', async () => {
    const answers = `(process.on('message', ({ kind, message }) => kind === 'peer' && process.send({ kind, message: message + 1 })), memory)`;
    const { member, told, history, until, assigned } = start(answers);
    await assigned();
    member.tell({ kind: 'peer', message: 1 });
    await until(() => told.length > 0);
    await member.leave();
    expect(told).toEqual([{ kind: 'peer', message: 2 }]);
    expect(new Set(history.arrivals.map(({ kind }) => kind))).toEqual(new Set(['assign', 'revoke', 'closed']));
  });

  it('is not told of when it leaves', async () => {
    const { member, died, history, assigned } = start('memory');
    await assigned();
    await member.leave();
    expect(history.arrivals.at(-1)).toMatchObject({ kind: 'closed', member: 'w1' });
    expect(died).toEqual([]);
  });

  it('is not told of when it crashes by our hand', async () => {
    const { member, died, assigned } = start('memory');
    await assigned();
    await member.crash();
    expect(died).toEqual([]);
  });
});
