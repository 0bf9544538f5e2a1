import { randomUUID } from 'node:crypto';
import { type RawInput, StreamError, type Streams } from '@isostream/core';
import {
  type LetterFilter,
  planDeleteGroup,
  planDiscard,
  planEdit,
  planRedrive,
  planReset,
  rawTopic,
  type ResetTarget,
  type RunnableLetters,
} from '@isostream/operations';
import type { Input } from './input.ts';
import type { Act } from './jobs.ts';

/** Every act that the console knows. One that is not here cannot be done. */
export const acts: Readonly<Record<string, (streams: Streams, input: Input, signal: AbortSignal) => Promise<Act>>> = {
  async redrive(streams, input, signal) {
    const [topic, group] = [input.text('topic'), input.text('group')];
    const filter = filterOf(input);
    const rate = input.number('rate', Infinity);
    const maxRedrives = input.number('maxRedrives', 3);
    const limits = { maxRedrives, ...(rate === Infinity ? {} : { rate }) };
    const planned = await planRedrive(streams, topic, group, { filter, signal, ...limits });
    const flags = [
      ...flagsOf(filter),
      ...(rate === Infinity ? [] : ['--rate', String(rate)]),
      ...(maxRedrives === 3 ? [] : ['--max-redrives', String(maxRedrives)]),
    ];
    return lettersAct(planned, ['redrive', topic, ...(filter.ids ?? []), '--group', group, ...flags]);
  },

  async discard(streams, input, signal) {
    const [topic, group] = [input.text('topic'), input.text('group')];
    const filter = filterOf(input);
    const planned = await planDiscard(streams, topic, group, { filter, signal });
    const command = ['dlq', 'discard', topic, ...(filter.ids ?? []), '--group', group, ...flagsOf(filter)];
    return { ...lettersAct(planned, command), confirm: group };
  },

  async edit(streams, input, signal) {
    const [topic, group, id] = [input.text('topic'), input.text('group'), input.text('id')];
    return lettersAct(await planEdit(streams, topic, group, id, { payload: input.text('payload') }, signal));
  },

  async reset(streams, input, signal) {
    const [topic, group] = [input.text('topic'), input.text('group')];
    const [partition, position] = [input.optional('partition'), input.optional('position')];
    const target: ResetTarget =
      partition !== undefined && position !== undefined
        ? new Map([[partition, position]])
        : input.start('to', 'earliest');
    const { plan, run } = await planReset(streams, topic, group, target, signal);
    const to = target instanceof Map ? ['--at', `${partition}=${position}`] : ['--to', plan.target];
    return {
      kind: 'reset',
      sentence: plan.sentence,
      confirm: group,
      details: plan,
      command: commandOf(['reset', topic, '--group', group, ...to]),
      run: (running) => run(running),
    };
  },

  async 'delete-group'(streams, input, signal) {
    const [topic, group] = [input.text('topic'), input.text('group')];
    const { plan, run } = await planDeleteGroup(streams, topic, group, signal);
    return {
      kind: 'delete-group',
      sentence: plan.sentence,
      confirm: group,
      details: plan,
      command: commandOf(['delete-group', topic, '--group', group]),
      async run(running) {
        await run(running);
        return { deleted: group };
      },
    };
  },

  async send(streams, input) {
    const [topic, type, payload] = [input.text('topic'), input.text('type'), input.text('payload')];
    const key = input.optional('key') ?? null;
    try {
      JSON.parse(payload);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StreamError('invalid-config', `the payload is not valid JSON: ${why}`, { where: 'console' });
    }
    return {
      kind: 'send',
      sentence: `stores one event of type ${type} with ${key === null ? 'no key' : `key ${key}`} in ${topic}`,
      details: { bytes: Buffer.byteLength(payload) },
      async run() {
        const producer = streams.producer(rawTopic(topic));
        try {
          return await producer.send(structured(streams, { type, key, payload }));
        } finally {
          await producer.close();
        }
      },
    };
  },
};

/** The payload stays as it was written: numbers that JavaScript would round do not pass through it. */
function structured(
  { adapter }: Streams,
  { type, key, payload }: { readonly type: string; readonly key: string | null; readonly payload: string },
): RawInput {
  const attributes = {
    specversion: '1.0',
    id: randomUUID(),
    source: 'isostream-console',
    type,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
  };
  const value = Buffer.from(`${JSON.stringify(attributes).slice(0, -1)},"data":${payload}}`);
  const name = adapter.capabilities.cloudEvents?.contentType;
  const headers = name === undefined ? [] : [[name, 'application/cloudevents+json; charset=utf-8'] as const];
  return { key, value, headers };
}

function lettersAct({ plan, run }: RunnableLetters, command?: readonly string[]): Act {
  return {
    kind: plan.kind,
    on: JSON.stringify([plan.topic, plan.group]),
    sentence: plan.sentence,
    details: plan,
    command: command === undefined ? undefined : commandOf(command),
    run: (signal, progress) => run({ signal, progress: ({ done, of }) => progress(done, of) }),
  };
}

function filterOf(input: Input): LetterFilter {
  const ids = input.texts('ids');
  return { ...input.some('code', 'key', 'type'), ...(ids === undefined ? {} : { ids }) };
}

function flagsOf({ code, key, type }: LetterFilter): readonly string[] {
  return Object.entries({ code, key, type }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
}

/** In one line for a shell. A long list of ids is not for people. */
function commandOf(words: readonly string[]): string | undefined {
  if (words.length > 30) return undefined;
  const quoted = words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`,
  );
  return ['isostream', ...quoted, '--execute'].join(' ');
}
