import { fileOffsets } from '../offsets/file-store.ts';
import { messageOf } from '@isostream/core/adapter';
import { addressProblem } from '../postgres/address.ts';
import type { Properties } from './definition.ts';

const stores = ['offset.storage.file.filename', 'offset.storage.topic', 'offset.storage.table.url'] as const;
const [fileProperty, topicProperty, tableProperty] = stores;

/**
 * What is wrong with where a worker's file keeps offsets, and what has no effect: a file is looked into, so that one that
 * cannot be used is found before anything starts.
 */
export async function offsetProblems(
  worker: Properties,
  isNeeded: boolean,
): Promise<{ readonly errors: readonly string[]; readonly warnings: readonly string[] }> {
  const given = stores.filter((name) => worker[name] !== undefined);
  if (!isNeeded) {
    const idle = Object.keys(worker).filter((name) => name.startsWith('offset.storage.'));
    const why = 'has no effect without a source that needs it: positions of sinks are kept by their group';
    return { errors: [], warnings: idle.map((name) => `${name} ${why}`) };
  }
  const [used, ...others] = given;
  const warnings = others.map((name) => `${name} has no effect: offsets are kept by ${used ?? ''}`);
  if (used === undefined || worker[used]?.trim() === '') {
    const choice = `Give ${fileProperty} or ${topicProperty}, or ${tableProperty}, which Kafka Connect does not have`;
    return {
      errors: [`${used ?? fileProperty} is missing: where to keep how far sources were read. ${choice}`],
      warnings,
    };
  }
  return { errors: await problemsOf(used, worker), warnings };
}

async function problemsOf(used: (typeof stores)[number], worker: Properties): Promise<string[]> {
  const value = worker[used] ?? '';
  if (used === fileProperty) {
    const file = fileOffsets(value).read(new AbortController().signal);
    return file.then(
      () => [],
      (error: unknown) => [messageOf(error)],
    );
  }
  if (used === topicProperty) return [];
  const name = worker['offset.storage.table.name'];
  const address = addressProblem(value, tableProperty);
  return [
    ...(address === undefined ? [] : [address]),
    ...(name === undefined || /^[a-z_]\w*(?:\.[a-z_]\w*)?$/i.test(name)
      ? []
      : [
          `offset.storage.table.name is ${JSON.stringify(name)}. Use letters, digits and _, with a schema in front if need be`,
        ]),
  ];
}
