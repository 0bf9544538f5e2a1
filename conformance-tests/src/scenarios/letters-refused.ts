import { sentOf } from '../checks/delivery.ts';
import { readToEnd } from './base-load.ts';
import { deadLetterName } from '@isostream/core/adapter';
import { atLeast, tell, within } from '../checks/check.ts';
import { deadLettersOf } from '../checks/retry.ts';
import type { Entry } from '../history/entry.ts';
import { isSettled, ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';

/** Some keys have none, so that they can show that they go on. */
function isPoisonKey(id: string): boolean {
  return !/^k\d?[789]#/.test(id);
}

/** What was sent with other keys and is not settled. */
function waiting(entries: readonly Entry[]): readonly string[] {
  const settled = new Set(entries.flatMap((entry) => (isSettled(entry) ? [entry.id] : [])));
  return ofKind(entries, 'sent').flatMap(({ id }) => (isPoisonKey(id) || settled.has(id) ? [] : [id]));
}

export const lettersRefused: Scenario = {
  id: 'dead-letter/letters-are-refused',
  title: 'while dead letters cannot be written nothing passes them, other keys go on, and afterwards each is there',
  breaks: true,
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const isPoison = (id: string): boolean => isPoisonKey(id) && id.endsWith('#2');
    const member = await stage.member(topic, {
      retry: { attempts: 2, backoff: { initial: 5, max: 50 } },
      handle: ({ id }) => {
        if (isPoison(id)) throw new Error('poison');
      },
    });
    await stage.until('it is assigned', () => member.consumer.assignments.length === stage.lanes(4));
    const undo = await stage.faults.refuseWrites(deadLetterName(topic.name, 'g'));
    const producer = await stage.producer(topic);
    let heldUp: readonly string[] = [];
    let whileRefused = 0;
    await stage.during('letters refused', async () => {
      await stage.load.sendAll(producer, topic, { events: 400, keys: 40, perSecond: 400 });
      await stage.until(
        'poison events are exhausted',
        () =>
          ofKind(stage.history.arrivals, 'settle').filter((entry) => entry.result === 'retry' && entry.attempt === 2)
            .length >= 20,
      );
      await stage.until('the other keys are through', () => waiting(stage.history.arrivals).length === 0);
      await stage.pause(300);
      heldUp = waiting(stage.history.arrivals);
      whileRefused = ofKind(stage.history.arrivals, 'dead').length;
    });
    await undo();
    await stage.untilSettled(topic);
    await member.consumer.close();
    const { entries } = stage.history;
    const poison = sentOf(entries, isPoison);
    return {
      'dead letters': deadLettersOf(poison)(entries),
      'other keys go on': tell('events of other keys that waited for the letters', heldUp),
      'the fault bit': [
        ...(whileRefused === 0 ? [] : [`${whileRefused} letters were written all the same`]),
        ...atLeast('poison events', poison.size, 20),
      ],
    };
  },
};

export const lettersAtClose: Scenario = {
  id: 'dead-letter/closing-while-letters-are-refused',
  title: 'a member that closes while dead letters cannot be written loses none: the next one writes them',
  breaks: true,
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const isPoison = (id: string): boolean => id.endsWith('#1');
    const options = {
      retry: { attempts: 1 },
      handle: ({ id }: { readonly id: string }): void => {
        if (isPoison(id)) throw new Error('poison');
      },
    };
    const first = await stage.member(topic, options);
    await stage.until('it is assigned', () => first.consumer.assignments.length > 0);
    const undo = await stage.faults.refuseWrites(deadLetterName(topic.name, 'g'));
    const producer = await stage.producer(topic);
    let whileRefused = 0;
    let closedIn = 0;
    await stage.during('letters refused', async () => {
      for (let seq = 0; seq < 3; seq++)
        for (let key = 0; key < 20; key++) await stage.load.send(producer, topic, stage.load.event(topic, `k${key}`));
      await stage.until('poison events are exhausted', () => failures(stage.history.arrivals) >= 20);
      const sinceClose = stage.stopwatch();
      await first.consumer.close({ deadline: 500 });
      closedIn = sinceClose();
      whileRefused = ofKind(stage.history.arrivals, 'dead').length;
    });
    const attempted = failures(stage.history.arrivals);
    await undo();
    const entries = await readToEnd(stage, topic, options);
    const poison = sentOf(entries, isPoison);
    return {
      'dead letters': deadLettersOf(poison)(entries),
      // A second more for the last commits, and time for requests that nobody answers.
      'closes in time': within('closed', closedIn, 5_000),
      'the fault bit': [
        ...(whileRefused === 0 ? [] : [`${whileRefused} letters were written all the same`]),
        ...atLeast('poison events', attempted, 20),
      ],
    };
  },
};

function failures(entries: Parameters<typeof ofKind>[0]): number {
  return ofKind(entries, 'settle').filter((entry) => entry.result === 'retry').length;
}
