import { expect, it } from 'vitest';
import { undecoded } from '../src/client/native.ts';

interface Transfer {
  readonly performative: { message_format?: unknown; aborted?: unknown };
}

it('messages of a reader come encoded, whatever format they have, and are known where their sender took them back', () => {
  const seen: unknown[] = [];
  const native = {
    on_transfer({ performative }: Transfer): void {
      seen.push([performative.message_format !== 0 && performative.message_format !== undefined, transfers.isAborted]);
    },
  };
  const transfers = undecoded({ _session: native });

  for (const performative of [{}, { message_format: 0 }, { message_format: 0, aborted: true }, { message_format: 5 }])
    native.on_transfer({ performative });
  expect(seen).toEqual([
    [true, false],
    [true, false],
    [true, true],
    [true, false],
  ]);
});
