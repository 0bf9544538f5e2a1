export { kinesisCapabilities } from './capabilities.ts';
export type { KinesisOptions } from './options.ts';
