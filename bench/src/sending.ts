/** Sends everything with at most `outstanding` sends without a result, as that many senders in one process would. Returns events per second. */
export async function sendOutstanding<Input>(
  inputs: readonly Input[],
  outstanding: number,
  send: (input: Input) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let input = inputs[next++]; input !== undefined; input = inputs[next++]) await send(input);
  };
  await Promise.all(Array.from({ length: Math.min(outstanding, inputs.length) }, sender));
  return perSecond(inputs.length, start);
}

/** Calls `send` for everything before it looks at a result. Returns events per second. */
export async function sendAtOnce<Input>(
  inputs: readonly Input[],
  send: (input: Input) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  await Promise.all(inputs.map(send));
  return perSecond(inputs.length, start);
}

export function perSecond(events: number, start: number): number {
  return (events * 1_000) / (performance.now() - start);
}

export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
