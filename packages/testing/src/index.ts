export { toBeInOrder, toHaveDeadLettered, toHaveReceived } from './assertions.ts';
export type { Expected } from './matches.ts';
export { record, type RecordOptions, type Recording, type VirtualTime } from './recording.ts';
