import type { Entry } from '@isostream/conformance/checks';
import type { HandlerPlan } from './handler.ts';

/** Everything that a member process has to know. */
export interface MemberPlan {
  readonly subject: string;
  /** The module with `createAdapter(settings, clientId)`, for isostream itself. */
  readonly module: string;
  readonly settings: unknown;
  readonly partitions: number;
  readonly handler: HandlerPlan;
}

export type Command = 'pause' | 'resume' | 'close';

/** What a member says: what happened, that it did as it was told, or why it ended. */
export type Word = { readonly entry: Entry } | { readonly done: Command | 'ready' } | { readonly died: string };
