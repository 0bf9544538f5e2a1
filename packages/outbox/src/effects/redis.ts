import { type Duration, StreamError } from '@isostream/core';
import { shown, toMilliseconds } from '@isostream/core/adapter';
import { type Effects, fenced } from './idempotent.ts';

/** Sends one command: `(...command) => client.sendCommand(command)` of `redis`, `(...command) => client.call(...command)` of `ioredis`. */
export type RedisCommand = (name: string, ...rest: string[]) => Promise<unknown>;

export interface RedisEffectsOptions {
  /** How long it is remembered that an event is done. Longer than events can be repeated: the retention of topic and dead letters. Default 7 days. */
  readonly keep?: Duration;
  /** In front of every name. Default `isostream:`. */
  readonly prefix?: string;
}

export interface RedisEffects extends Effects<void> {
  /** Forgets the owners of a group: for one that was deleted, whose fencing tokens begin anew. */
  forgetGroup(group: string): Promise<void>;
}

/** One step, so that nobody comes between: refuses former owners, notes new ones, and looks whether the event is done. */
const begin = `
local known = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '-1')
local own = tonumber(ARGV[2])
if own >= 0 and own < known then return 'fenced' end
if own > known then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'repeat' end
return 'begin'`;

/**
 * Remembers in Redis which events are done. Best-effort: the effect is somewhere else, so a crash between the effect and the
 * note repeats it, and so does a Redis that forgets. An event that is noted is not handled again.
 */
export function redisEffects(
  command: RedisCommand,
  { keep = '7d', prefix = 'isostream:' }: RedisEffectsOptions = {},
): RedisEffects {
  const keepMs = toMilliseconds(keep, 'keep');
  // In a cluster, all of a group on one node: a script may use keys of one only.
  const fences = (group: string): string => `${prefix}{${group}}:fences`;
  return {
    async once({ group, topic, partition, id, token }, work) {
      const done = `${prefix}{${group}}:handled:${topic}:${id}`;
      const owner = token === undefined ? '-1' : String(token);
      const answer = await command('EVAL', begin, '2', fences(group), done, `${topic}/${partition}`, owner);
      const state = String(answer);
      if (state === 'fenced') throw fenced({ group, topic, partition, id, token });
      if (state === 'repeat') return 'repeat';
      if (state !== 'begin')
        throw new StreamError('internal', `Redis answered ${shown(answer)} to a script`, { where: topic });
      await work();
      await command('SET', done, '1', 'PX', String(keepMs));
      return 'done';
    },
    async forgetGroup(group) {
      await command('DEL', fences(group));
    },
  };
}
