import { describe, expect, it } from 'vitest';
import type { EncodedEvent } from '../src/model/encoded.ts';
import { settled } from './support/manual-clock.ts';
import { failure, openWriter, values } from './support/open-writer.ts';
import { ScriptedSink, sinkError } from './support/scripted-sink.ts';

/** Its lanes depend on how often it was opened, as they do on the number of partitions. */
class Reopened extends ScriptedSink {
  opened = 0;

  override async open(): Promise<void> {
    await super.open();
    this.opened++;
  }

  override lane(event: EncodedEvent): string {
    return `${this.opened}/${String(event.key)}`;
  }
}

const mismatch = () => sinkError('topic-mismatch', 'not-written');

describe('a topic that was created anew under an open producer', () => {
  it('gets what was meant for a lane that is gone, in the order of each key and before what is sent later', async () => {
    const sink = new Reopened();
    const { write, clock } = openWriter({}, sink);
    const sent = [write('a', 1), write('b', 2), write('a', 3)];
    await settled();
    sent.push(write('a', 4), write('b', 5));
    await settled();
    sink.last.fail(mismatch());
    await settled();
    sent.push(write('a', 6), write('c', 7));
    await clock.advance(1_000);
    expect(sink.opened).toBe(2);
    expect(sink.last.batches.map(({ lane }) => lane).toSorted()).toEqual(['2/a', '2/b', '2/c']);
    sink.last.ok();
    await Promise.all(sent);
    expect(values(sink).filter((value) => [1, 3, 4, 6].includes(value))).toEqual([1, 3, 4, 6]);
    expect(values(sink).filter((value) => [2, 5].includes(value))).toEqual([2, 5]);
    expect(values(sink)).toHaveLength(7);
  });

  it('is not opened again before every batch of the old lanes has its result', async () => {
    const sink = new Reopened();
    const { write, clock } = openWriter({}, sink);
    const sent = [write('a', 1), write('b', 2)];
    await settled();
    sent.push(write('b', 3));
    sink.last.answer([mismatch(), sinkError('timeout', 'unknown')]);
    await settled();
    expect(sink.opened).toBe(1);

    await clock.advance(1_000);
    expect(sink.last.batches.map(({ lane }) => lane)).toEqual(['1/b']);
    sink.last.ok();
    await settled();
    expect(sink.opened).toBe(2);
    sink.last.ok();
    await Promise.all(sent);
    expect(values(sink)).toEqual([2, 1, 3]);
  });

  it('ends in the error where lanes go again and again until the time for delivery is over', async () => {
    const sink = new Reopened();
    const { write, clock } = openWriter({ deliveryTimeout: 1_000, backoff: { initial: 100, max: 100 } }, sink);
    const failed = failure(write('a', 1));
    for (let round = 0; round < 40; round++) {
      await settled();
      if (sink.requests.length > 0) sink.last.fail(mismatch());
      await clock.advance(50);
    }
    expect((await failed).code).toMatch(/topic-mismatch|timeout/);
    // Each after a wait: not as often as the event loop turns.
    expect(sink.requests.length).toBeLessThan(30);
    expect(clock.pending).toBe(0);
  });
});

describe('a topic that is gone', () => {
  it('fails each event at once, and is looked for again by the next send', async () => {
    const sink = new Reopened();
    const { write } = openWriter({}, sink);
    const first = failure(write('a', 1));
    await settled();
    const waiting = failure(write('a', 2));
    sink.openErrors = [sinkError('unknown-topic', 'not-written'), sinkError('unknown-topic', 'not-written')];
    sink.last.fail(sinkError('unknown-topic', 'not-written'));
    expect([(await first).code, (await waiting).code]).toEqual(['unknown-topic', 'unknown-topic']);
    expect((await failure(write('a', 3))).code).toBe('unknown-topic');

    const later = write('a', 4);
    await settled();
    sink.last.ok();
    expect((await later).partition).toBe('2/a');
  });
});
