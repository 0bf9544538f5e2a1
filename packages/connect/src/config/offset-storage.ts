import { fileOffsets } from '../offsets/file-store.ts';
import type { Properties } from './definition.ts';

/**
 * What is wrong with where a worker's file keeps offsets, and what has no effect: a file is looked into, so that one that
 * cannot be used is found before anything starts.
 */
export async function offsetProblems(
  worker: Properties,
  isNeeded: boolean,
): Promise<{ readonly errors: readonly string[]; readonly warnings: readonly string[] }> {
  const file = worker['offset.storage.file.filename'];
  if (!isNeeded) {
    const idle = ['offset.storage.file.filename'].filter((name) => worker[name] !== undefined);
    return {
      errors: [],
      warnings: idle.map(
        (name) => `${name} has no effect without a source that needs it: positions of sinks are kept by their group`,
      ),
    };
  }
  if (file === undefined || file.trim() === '')
    return {
      errors: ['offset.storage.file.filename is missing: where to keep how far sources were read'],
      warnings: [],
    };
  try {
    await fileOffsets(file).read(new AbortController().signal);
    return { errors: [], warnings: [] };
  } catch (error) {
    return { errors: [error instanceof Error ? error.message : String(error)], warnings: [] };
  }
}
