export type { IsostreamPluginOptions } from './options.ts';
export { isostream } from './plugin.ts';
