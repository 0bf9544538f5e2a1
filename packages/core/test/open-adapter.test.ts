import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Adapter as OpenAdapter, openAdapter } from '../src/adapter.ts';
import type { Adapter, Streams, StreamsOptions } from '../src/index.ts';
import { scriptedAdapter, ScriptedAdmin } from './support/scripted-admin.ts';

describe('an adapter', () => {
  it('shows applications its name and what it can do, and nothing else', () => {
    expectTypeOf<keyof Adapter>().toEqualTypeOf<'name' | 'capabilities'>();
    expectTypeOf<StreamsOptions['adapter']>().toEqualTypeOf<Adapter>();
    expectTypeOf<Streams['adapter']>().toEqualTypeOf<Adapter>();
    expectTypeOf<OpenAdapter>().toExtend<Adapter>();
  });

  it('is opened as the same object', () => {
    const adapter: Adapter = scriptedAdapter(new ScriptedAdmin());
    expect(openAdapter(adapter)).toBe(adapter);
  });

  it.each([{}, { name: 'kafka', capabilities: {} }, null, 'kafka'])('is not what looks like one: %j', (other) => {
    expect(() => openAdapter(other as Adapter)).toThrow(/adapter is .*createMemory\(\)/);
  });
});
