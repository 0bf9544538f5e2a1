export { IsostreamContext, IsostreamFilter } from './original-errors.ts';
export { IsostreamServer, type IsostreamServerOptions } from './server.ts';
