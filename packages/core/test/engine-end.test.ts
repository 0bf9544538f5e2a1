import { describe, expect, it } from 'vitest';
import { NonRetryableError, StreamError } from '../src/errors/stream-error.ts';
import { settled } from './support/manual-clock.ts';
import { openEngine, watch } from './support/open-engine.ts';

describe('the end of a range', () => {
  it('is reached when all of it is handled', async () => {
    const { assign, source, call, engine, running } = openEngine();
    const lane = await assign('a1', 'a2');
    lane.push('end');
    await settled();
    source.end();
    const ended = watch(running);
    await call('a1').ok();
    expect(ended.state).toBe('pending');
    await call('a2').ok();
    expect([ended.state, engine.handled]).toEqual(['resolved', 2]);
  });

  it('passes over events that are not asked for', async () => {
    const { assign, source, call, started, running, engine } = openEngine({}, { accept: ({ key }) => key === 'a' });
    const lane = await assign('a1', 'b1', 'a2', 'b2');
    lane.push('end');
    await call('a1').ok();
    await call('a2').ok();
    source.end();
    await running;
    expect([started(), engine.inFlight.events]).toEqual([['a1', 'a2'], 0]);
  });

  it('can be left at once, though events were passed over', async () => {
    const { assign, call, engine, clock } = openEngine({}, { accept: ({ key }) => key === 'a' });
    await assign('b1', 'a1', 'b2');
    const closed = watch(engine.close(1_000));
    await call('a1').ok();
    expect([closed.state, clock.monotonic()]).toEqual(['resolved', 0]);
  });

  it('comes at the deadline of a drain where one event fails permanently and another hangs', async () => {
    const { assign, source, call, running, clock } = openEngine({
      onFailure: 'stop',
      handlerTimeout: '2h',
      drainTimeout: '5s',
    });
    const lane = await assign('a1', 'b1');
    lane.push('end');
    await settled();
    source.end();
    await settled();
    const ended = watch(running);
    await call('a1').fail(new NonRetryableError('no such order'));
    await clock.advance(4_999);
    expect(ended.state).toBe('pending');
    await clock.advance(1);
    expect(ended.state).toBe('rejected');
  });

  it('is not reached where an event fails permanently', async () => {
    const { assign, source, call, running } = openEngine({ onFailure: 'stop' });
    const lane = await assign('a1', 'b1');
    lane.push('end');
    await settled();
    source.end();
    await settled();
    const hung = call('b1');
    await call('a1').fail(new NonRetryableError('no such order'));
    await hung.ok();
    await expect(running).rejects.toMatchObject({ code: 'handler-failed' });
  });
});

describe('a source that fails', () => {
  it('ends the consumer with its error, after what runs', async () => {
    const { assign, source, call, started, running } = openEngine({ concurrency: 1 });
    const lane = await assign('a1', 'b1');
    const ended = watch(running);
    source.fail(new StreamError('unauthorized', 'group billing', { where: 'scripted' }));
    await settled();
    expect(ended.state).toBe('pending');
    await call('a1').ok();
    await expect(running).rejects.toMatchObject({ code: 'unauthorized' });
    expect([started(), lane.commits]).toEqual([['a1'], ['a1']]);
  });

  it('ends it with internal for anything that is no error of ours', async () => {
    const { source, running } = openEngine();
    const cause = new TypeError('undefined is not a function');
    source.fail(cause);
    await expect(running).rejects.toMatchObject({ code: 'internal', cause });
  });

  it('ends it in a read, unless the assignment is lost and the source will say so', async () => {
    const lost = openEngine();
    const lane = await lost.assign();
    lane.push(new StreamError('lease-lost', 'another member has it', { where: 'scripted' }));
    const ended = watch(lost.running);
    await settled();
    expect([ended.state, lost.engine.failed]).toEqual(['pending', false]);

    const refused = openEngine();
    (await refused.assign()).push(new StreamError('unauthorized', 'topic orders', { where: 'scripted' }));
    await expect(refused.running).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
