export { tracing, type TracingOptions } from './tracing.ts';
