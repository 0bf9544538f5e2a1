import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Contract, type ContractFinding, checkContracts, describeTopics } from '../src/contracts/index.ts';
import { defineTopic, type Topic } from 'isostream';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const page = readFileSync('docs/schema-evolution.md', 'utf8');
// Within the repository, where packages are found by their names.
const folder = mkdtempSync(join(process.cwd(), 'test/generated-evolution-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The contract of a module that the page shows. */
async function shown(name: string): Promise<Contract> {
  const [, code] = new RegExp(`\`\`\`js\n// ${name}\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  const file = join(folder, name);
  writeFileSync(file, code ?? '');
  const { orders }: { readonly orders: Topic } = await import(pathToFileURL(file).href);
  return describeTopics([orders]);
}

const readers = { backward: 'new code reading stored events', forward: 'old code reading new events', topic: 'topic' };

function lines(findings: readonly ContractFinding[]): readonly string[] {
  return findings
    .filter(({ kind }) => kind !== 'advice')
    .map(
      ({ kind, topic, event, direction, problem }) => `${kind} ${topic} ${event} (${readers[direction]}): ${problem}`,
    );
}

describe('the guide of changing an event', () => {
  it('shows what the check says of each declaration', async () => {
    const before = await shown('orders.mjs');
    const renamed = lines(checkContracts(before, await shown('renamed.mjs')));
    expect(renamed).toHaveLength(2);
    expect(page).toContain(`\`\`\`\n${renamed.join('\n')}\n\`\`\``);
    expect(checkContracts(before, await shown('added.mjs'))).toEqual([]);
    const versioned = lines(checkContracts(before, await shown('versioned.mjs')));
    expect(versioned).toEqual([renamed[1]]);
  });

  it('says of each step of a move who has to be deployed first', () => {
    const contract = (fields: z.ZodRawShape) =>
      describeTopics([
        defineTopic('orders', { events: { 'order.placed': z.object({ orderId: z.string(), ...fields }) }, key: null }),
      ]);
    const [total, cents] = [z.number(), z.number().int()];
    const added = contract({ total, cents: cents.optional() });
    const moved = contract({ total: total.optional(), cents: cents.optional() });
    const removed = contract({ cents });
    const directions = (one: Contract, other: Contract) =>
      checkContracts(one, other).flatMap(({ kind, direction }) => (kind === 'breaking' ? [direction] : []));
    expect(directions(contract({ total }), added)).toEqual([]);
    expect(directions(added, moved)).toEqual(['forward']);
    expect(directions(moved, removed)).toEqual(['backward']);
  });
});
