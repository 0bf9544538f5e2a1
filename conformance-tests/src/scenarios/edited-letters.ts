import type { RawContent } from '@isostream/core';
import { atLeast, tell } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { fails } from './refusals.ts';

const [sent, given] = ['as it was sent ☺', 'as it was edited'] as const;

export const editedLetters: Scenario = {
  id: 'dead-letter/letters-are-edited-and-discarded',
  title:
    'a letter that is discarded never comes back, one that is edited comes back as it was edited, others as they were',
  needs: {
    capability: 'replay',
    isDeclared: (capabilities) => capabilities.replay,
    async refused(stage) {
      const topic = stage.topic({ partitions: 2 });
      const { streams } = await stage.client([topic]);
      const options = { group: 'g', where: () => true };
      return { 'discard dead letters': await fails('unsupported', () => streams.discard(topic, options)) };
    },
  },
  without: because('what is redriven is given out again', 'exactly once'),
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    for (let index = 0; index < 12; index++)
      await stage.load.send(producer, topic, stage.load.event(topic, `k${index % 3}`, sent));
    let isBroken = true;
    const handled = new Map<string, string | undefined>();
    const member = await stage.member(topic, {
      retry: { attempts: 1 },
      handle: ({ id, data }) => {
        if (isBroken) throw new Error('the database is down');
        handled.set(id, data.pad);
      },
    });
    await stage.untilSettled(topic);
    const keys = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for await (const { key } of streams.deadLetters(topic, { group: 'g' })) found.push(String(key));
      return found;
    };

    const unwanted = { group: 'g', where: ({ key }: { readonly key: unknown }) => key === 'k0' };
    const dry = await streams.discard(topic, { ...unwanted, dryRun: true });
    const afterDryRun = await keys();
    const discarded = await streams.discard(topic, unwanted);
    const afterDiscard = await keys();
    const discardedAgain = await streams.discard(topic, unwanted);
    isBroken = false;
    const redriven = await streams.redrive(topic, {
      group: 'g',
      edit: ({ key, original }) => (key === 'k1' ? withOtherText(original) : original),
    });
    const left = await keys();
    await stage.until('what was sent back is handled', () => handled.size >= redriven.redriven);
    await member.consumer.close();
    const ids = ofKind(stage.history.entries, 'sent').map(({ id }) => id);
    const due = (id: string): string | undefined =>
      id.startsWith('k0#') ? undefined : id.startsWith('k1#') ? given : sent;
    return {
      'a dry run discards nothing':
        dry.discarded === 4 && afterDryRun.length === 12 ? [] : [`${dry.discarded} found, ${afterDryRun.length} left`],
      'a discarded letter is gone': [
        ...tell(
          'letters of a discarded key',
          afterDiscard.filter((key) => key === 'k0'),
        ),
        ...(discarded.discarded === 4 && discarded.passedOver === 8 ? [] : [JSON.stringify(discarded)]),
        ...(discardedAgain.discarded === 0 ? [] : [`${discardedAgain.discarded} letters a second time`]),
      ],
      'a discarded letter is not sent back': tell(
        'handled all the same',
        ids.filter((id) => due(id) === undefined && handled.has(id)),
      ),
      'an edited letter comes as it was edited': tell(
        'other payloads',
        ids.flatMap((id) => (due(id) === given && handled.get(id) !== given ? [`${id}: ${handled.get(id)}`] : [])),
      ),
      'others come as they were': tell(
        'other payloads',
        ids.flatMap((id) => (due(id) === sent && handled.get(id) !== sent ? [`${id}: ${handled.get(id)}`] : [])),
      ),
      'no letter is left': tell('letters', left),
      'enough traffic': atLeast('redriven letters', redriven.redriven, 8),
    };
  },
};

/** The same event, whether its payload is the whole value or a member of it. */
function withOtherText({ key, value, headers }: RawContent): RawContent {
  return {
    key,
    value: Buffer.from(
      Buffer.from(value ?? [])
        .toString('utf8')
        .replace(sent, given),
    ),
    headers,
  };
}
