import type { Scenario } from './scenario.ts';

export const pausing: Scenario = {
  id: 'backpressure/pause-and-resume',
  title: 'a member pauses for two seconds under load and goes on',
  needsPause: true,
  async run(stage) {
    const member = await stage.member();
    const loading = stage.load({ events: 400, perSecond: 200 });
    await stage.untilDelivered(60);
    await member.pause();
    stage.history.record({ kind: 'mark', name: 'paused' });
    await stage.pause(2_000);
    stage.history.record({ kind: 'mark', name: 'resumed' });
    await member.resume();
    await loading;
    await stage.untilHandled();
    const started = between(stage.history.entries, 'paused', 'resumed');
    return { broken: [{ what: 'handlers started while paused', count: started }] };
  },
};

export const closing: Scenario = {
  id: 'close/drains',
  title: 'the only member closes in the middle of its work; another takes the rest',
  async run(stage) {
    const first = await stage.member({ busyMs: 20 });
    const loading = stage.load({ events: 400, perSecond: 1_000 });
    await stage.untilDelivered(60);
    await first.close();
    await loading;
    const { entries } = stage.history;
    const end = entries.findIndex((entry) => entry.kind === 'closed' && entry.member === first.name);
    const started = end < 0 ? [] : entries.slice(end).filter(({ kind }) => kind === 'deliver');
    const open = new Set<string>();
    for (const entry of end < 0 ? entries : entries.slice(0, end)) {
      if (entry.kind === 'deliver') open.add(entry.id);
      else if (entry.kind === 'settle') open.delete(entry.id);
    }
    await stage.member();
    await stage.untilHandled();
    return {
      broken: [
        { what: 'handlers started after close resolved', count: started.length },
        { what: 'handlers still running when close resolved', count: open.size },
      ],
    };
  },
};

function between(
  entries: readonly { readonly kind: string; readonly name?: string }[],
  from: string,
  to: string,
): number {
  const start = entries.findIndex(({ kind, name }) => kind === 'mark' && name === from);
  const end = entries.findIndex(({ kind, name }) => kind === 'mark' && name === to);
  return entries.slice(start, end).filter(({ kind }) => kind === 'deliver').length;
}
