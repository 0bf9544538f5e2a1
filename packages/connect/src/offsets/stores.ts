import type { Streams } from '@isostream/core';
import { type Config, ConfigError } from '../config/definition.ts';
import { fileOffsets } from './file-store.ts';
import type { OffsetStore } from './store.ts';

/** The offset store that a worker's file names. */
export function storeOf(worker: Config, _streams: Streams): OffsetStore {
  const file = worker.optional('offset.storage.file.filename');
  if (file !== undefined) return fileOffsets(file);
  throw new ConfigError('offset.storage.file.filename is missing');
}
