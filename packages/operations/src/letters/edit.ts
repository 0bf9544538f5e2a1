import type { RawContent, Streams } from '@isostream/core';
import { attributePrefix, viewOf } from '../event-view.ts';
import { groupsOf } from './groups.ts';
import { type LetterPlan, type LetterReport, refusal, type RunnableLetters } from './plan.ts';
import { rawTopic } from './raw-topic.ts';
import { findLetter, noLetter } from './read.ts';

/** What becomes of a letter's event before it is sent back. */
export interface LetterEdit {
  /** The payload, as it is to be stored: JSON stays as it is written. */
  readonly payload: string;
}

/** Plans to send one letter back with another payload; changes nothing. Throws `invalid-config` for JSON that is none. */
export async function planEdit(
  streams: Streams,
  topic: string,
  group: string,
  id: string,
  edit: LetterEdit,
  signal?: AbortSignal,
): Promise<RunnableLetters> {
  const letter = await findLetter(streams, topic, group, id, signal);
  if (letter.unreadableBytes !== null) throw refusal(`letter ${id} holds no event. It can only be discarded`);
  const { kind } = letter.event.payload;
  if (kind === 'bytes') throw refusal(`the payload of letter ${id} is not text. Send it back as it is, or discard it`);
  if (kind === 'json') checkJson(edit.payload);
  const plan: LetterPlan = {
    kind: 'edit',
    topic,
    group,
    letters: 1,
    looping: 0,
    unreadable: 0,
    groups: groupsOf([letter]),
    sentence: `sends letter ${id} of group ${group} back to ${topic} with the payload given (${Buffer.byteLength(edit.payload)} bytes instead of ${letter.event.payload.bytes})`,
  };
  return {
    plan,
    ids: [id],
    async run({ signal: running = signal } = {}): Promise<LetterReport> {
      const report = await streams.redrive(rawTopic(topic), {
        group,
        where: (each) => each.id === id,
        maxRedrives: Infinity,
        edit: ({ original }) => withPayload(original, edit.payload),
        ...(running === undefined ? {} : { signal: running }),
      });
      if (report.redriven === 0) throw noLetter(topic, group, id);
      return { done: report.redriven, of: 1 };
    },
  };
}

/** In a structured event the payload is one member of what is stored. */
function withPayload(original: RawContent, payload: string): RawContent {
  const { attributes, payload: before } = viewOf({ ...original, time: new Date(0) }, { partition: '', position: '' });
  const isInHeaders = attributePrefix(original.headers) !== undefined;
  if (isInHeaders || !('specversion' in attributes)) return { ...original, value: Buffer.from(payload) };
  const data =
    before.kind === 'json' ? `"data":${payload}` : `"data_base64":"${Buffer.from(payload).toString('base64')}"`;
  return { ...original, value: Buffer.from(`${JSON.stringify(attributes).slice(0, -1)},${data}}`) };
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw refusal(`the payload is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
