import { type Answer, Pending } from '../../src/produce/pending.ts';

let orders = 0;

/** An event on its way, of which a test says what matters. */
export function pending({
  key = null,
  bytes = 10,
  timeoutMs = 0,
  blockMs = 0,
  deadline = 0,
  answer = () => undefined,
}: {
  readonly key?: string | null;
  readonly bytes?: number;
  readonly timeoutMs?: number;
  readonly blockMs?: number;
  readonly deadline?: number;
  readonly answer?: Answer;
} = {}): Pending {
  const event = { key, value: Buffer.alloc(bytes), headers: [] };
  return new Pending(event, bytes, ++orders, { timeoutMs, blockMs, deadline }, { open: 1, over: undefined }, answer);
}
