import { expect, it } from 'vitest';
import { createStreams } from '../src/streams/streams.ts';
import { ScriptedAdmin, scriptedAdapter } from './support/scripted-admin.ts';

it('a client goes on after a close whose deadline is refused, and can be closed', async () => {
  let closed = 0;
  const adapter = {
    ...scriptedAdapter(new ScriptedAdmin()),
    connect: async () => undefined,
    close: async () => void closed++,
  };
  const streams = await createStreams({ adapter, topics: [] });
  // @ts-expect-error no duration
  await expect(streams.close({ deadline: 'soon' })).rejects.toMatchObject({ code: 'invalid-config' });
  expect(closed).toBe(0);
  await Promise.all([streams.close(), streams.close()]);
  expect(closed).toBe(1);
});
