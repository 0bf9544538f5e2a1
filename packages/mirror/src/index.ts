export { createMirror, type Mirror, type MirrorOptions, type MirrorStatus } from './mirror.ts';
export type { MirrorComparison } from './compare.ts';
export type { GroupMove } from './move-group.ts';
export type { SideNames } from './copy.ts';
export type { Rollback } from './rollback.ts';
