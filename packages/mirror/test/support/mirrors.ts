import type { Streams } from '@isostream/core';
import {
  groupName,
  type LoadTopic,
  MemberProcess,
  MortalSink,
  recordedStreams,
  type Stage,
} from '@isostream/conformance/stage';
import { createMirror } from '../../src/index.ts';

/** A mirror that is wrong in one way: by what it is given in place of its two sides. */
export interface Wrong {
  readonly from?: (streams: Streams) => Streams;
  readonly to?: (streams: Streams) => Streams;
}

/** A mirror that can be ended in both ways. */
export interface RunningMirror {
  /** Finishes what is under way and leaves. */
  stop(): Promise<void>;
  /** Ends without a word. */
  crash(): Promise<void>;
}

export interface Route {
  readonly from: Stage;
  readonly to: Stage;
  readonly source: LoadTopic;
  readonly target: LoadTopic;
}

export const mirrorGroup = 'isostream-mirror';

/** A mirror in a process of its own, or in this one where one of the sides lives here. */
export async function startMirror(route: Route, wrong: Wrong = {}): Promise<RunningMirror> {
  const { from, to, source, target } = route;
  from.groups.add(groupName({ topic: source.name, group: mirrorGroup }));
  const [reads, writes] = [from.harness.worker, to.harness.worker];
  if (reads === undefined || writes === undefined) return startInside(route, wrong);
  const plan = {
    name: from.name(),
    from: { module: built(reads.module), settings: reads.settings },
    to: { module: built(writes.module), settings: writes.settings },
    topic: source.name,
    toTopic: target.name,
  };
  const died = (why: string): void => void from.ended.push(why);
  const main = new URL('mirror-process.js', import.meta.url);
  const child = new MemberProcess(plan, { history: from.history, died, main });
  return { stop: () => child.leave(), crash: () => child.crash() };
}

/** Child processes run what is compiled. */
function built(module: string): string {
  return module.replace('/src/', '/dist/').replace(/\.ts$/, '.js');
}

async function startInside({ from, to, source, target }: Route, wrong: Wrong): Promise<RunningMirror> {
  const life = new MortalSink();
  const reader = await from.client([source]);
  const writer = await to.client([target], undefined, (adapter) => life.adapter(adapter));
  const recorded = recordedStreams(reader, from.history);
  const mirror = createMirror({
    from: wrong.from?.(recorded) ?? recorded,
    to: wrong.to?.(writer.streams) ?? writer.streams,
    topic: source.name,
    toTopic: target.name,
  });
  const end = new AbortController();
  const running = mirror.run({ signal: end.signal });
  running.catch((error: unknown) => life.isAlive && from.ended.push(`mirror: ${String(error)}`));
  return {
    async stop() {
      end.abort();
      await running;
    },
    async crash() {
      life.end();
      from.harness.stall?.(source.name, mirrorGroup, reader.name);
    },
  };
}
