import type { Entry } from '@isostream/conformance/checks';
import { closing, pausing } from './stopping.ts';
import type { Outcome, Scenario } from './scenario.ts';
import type { Member } from './member.ts';
import type { Stage } from './stage.ts';

/** A load that lasts until it is told to end. */
function steady(stage: Stage, events: number, perSecond: number): { readonly end: () => Promise<void> } {
  let goOn = true;
  const sending = stage.load({ events, perSecond, goOn: () => goOn });
  return {
    end() {
      goOn = false;
      return sending;
    },
  };
}

async function whileBroken(stage: Stage, breakIt: (members: readonly Member[]) => Promise<void>): Promise<Outcome> {
  const members = [await stage.member(), await stage.member()];
  const load = steady(stage, 400, 200);
  await stage.untilDelivered(100);
  await stage.during(() => breakIt(members));
  await load.end();
  await stage.untilHandled();
  return {};
}

const allHandled: Scenario = {
  id: 'no-loss/all-is-handled-once-and-in-order',
  title: 'two members handle a load; nothing breaks',
  async run(stage) {
    await stage.member();
    if (stage.harness.worker !== undefined) await stage.member();
    await stage.load({ events: 600, perSecond: 300 });
    await stage.untilHandled();
    return {};
  },
};

const impatient: Scenario = {
  id: 'send-order/nobody-waits-for-a-send',
  title: 'as above, and sends of a key do not wait for each other',
  async run(stage) {
    await stage.member();
    await stage.load({ events: 600, perSecond: 600, isImpatient: true });
    await stage.untilHandled();
    return {};
  },
};

const failing: Scenario = {
  id: 'key-order/a-failed-event-blocks-its-key',
  title: 'the handler fails twice for one event of each of ten keys, then succeeds',
  async run(stage) {
    const keys = Array.from({ length: 10 }, (_, index) => `k${index}`);
    await stage.member({ failing: { keys, seq: 3, times: 2 } });
    await stage.load({ events: 400, perSecond: 200 });
    await stage.untilHandled();
    return failures(stage) >= 10 ? {} : { vacuous: `the handler failed only ${failures(stage)} times` };
  },
};

const poison: Scenario = {
  id: 'retry/one-key-fails-always',
  title: 'the handler always fails for one event; all other keys are to be handled',
  async run(stage) {
    await stage.member({ failing: { keys: ['k0'], seq: 2, times: Infinity } });
    await stage.load({ events: 400, perSecond: 200 });
    await stage.untilHandled((id) => id.startsWith('k0#'));
    return { leftKeys: ['k0'], ...(failures(stage) > 0 ? {} : { vacuous: 'the handler never failed' }) };
  },
};

const join: Scenario = {
  id: 'groups/a-member-joins',
  title: 'a second member joins under load',
  hasMembers: true,
  async run(stage) {
    await stage.member();
    const load = steady(stage, 400, 200);
    await stage.untilDelivered(100);
    const second = await stage.member();
    await stage.untilDelivered(30, second);
    await load.end();
    await stage.untilHandled();
    return stage.deliveries(second.name) > 0 ? {} : { broken: [{ what: 'member never got a share', count: 1 }] };
  },
};

const leave: Scenario = {
  id: 'groups/a-member-leaves',
  title: 'one of two members closes under load',
  hasMembers: true,
  async run(stage) {
    const first = await stage.member();
    await stage.member();
    const load = steady(stage, 400, 200);
    await stage.untilDelivered(60, first);
    await first.close();
    await load.end();
    await stage.untilHandled();
    return {};
  },
};

const crash: Scenario = {
  id: 'groups/a-member-crashes',
  title: 'one of two members is killed under load',
  hasMembers: true,
  async run(stage) {
    const first = await stage.member({ busyMs: 20 });
    await stage.member();
    const load = steady(stage, 400, 200);
    await stage.untilDelivered(40, first);
    await stage.during(async () => {
      await first.crash();
    });
    await load.end();
    await stage.untilHandled();
    return { gone: first };
  },
};

const freeze: Scenario = {
  id: 'groups/a-member-freezes',
  title: 'one of two members is frozen beyond its session and wakes',
  hasMembers: true,
  async run(stage) {
    const first = await stage.member({ busyMs: 20 });
    await stage.member();
    const load = steady(stage, 400, 150);
    await stage.untilDelivered(40, first);
    await stage.during(async () => {
      const wake = first.freeze();
      await stage.pause(12_000);
      wake();
      await stage.pause(1_000);
    });
    await load.end();
    await stage.untilHandled();
    return { gone: first };
  },
};

const cut: Scenario = {
  id: 'no-loss/connections-break',
  title: 'every connection breaks ten times under load, with requests and answers on them',
  hasMembers: true,
  run: (stage) =>
    whileBroken(stage, async () => {
      for (let round = 0; round < 10; round++) {
        stage.history.record({ kind: 'broken', connections: stage.harness.faults?.cut() ?? 0 });
        await stage.pause(300);
      }
    }),
};

const restart: Scenario = {
  id: 'no-loss/the-broker-dies',
  title: 'the broker is killed under load and comes back on its data',
  hasMembers: true,
  run: (stage) => whileBroken(stage, async () => stage.harness.faults?.restart()),
};

function failures(stage: Stage): number {
  return stage.entriesOf('settle').filter(({ result }: Extract<Entry, { kind: 'settle' }>) => result === 'retry')
    .length;
}

/** Those of the suite that make sense for a bare client, by the ids of the suite where it has the same. */
export const scenarios: readonly Scenario[] = [
  allHandled,
  impatient,
  failing,
  poison,
  join,
  leave,
  crash,
  freeze,
  cut,
  restart,
  pausing,
  closing,
];
