import { fileStreamSource } from './file.ts';
import { httpSource } from './http.ts';
import { mirrorSource } from './mirror.ts';
import { outboxSource } from './outbox.ts';
import type { SourceClass } from './source.ts';

export const builtInSources: readonly SourceClass[] = [fileStreamSource, httpSource, outboxSource, mirrorSource()];
