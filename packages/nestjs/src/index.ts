export { Consumes, ConsumesBatch, type ConsumesOptions } from './consumes.ts';
export { IsostreamHealth, type IsostreamHealthResult } from './health.ts';
export { type IsostreamAsyncOptions, IsostreamModule, type IsostreamModuleOptions } from './module.ts';
export { InjectProducer, InjectStreams, producerToken, STREAMS } from './tokens.ts';
