export { kinesisCapabilities } from './capabilities.ts';
export type { Clients } from './client/connection.ts';
export { createKinesis, type KinesisAdapter } from './kinesis.ts';
export { kinesisOptions, type KinesisOptions } from './options.ts';
