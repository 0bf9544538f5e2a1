import type { Capabilities } from '@isostream/core/adapter';
import type { Invariant } from '../checks/invariants.ts';
import type { Clause } from './clause.ts';
import type { Stage } from './stage.ts';

/** What each check found; a check without findings passed. */
export type Findings = Readonly<Record<string, readonly string[]>>;

/** One promise, put to the test on whatever provider the stage stands on. */
export interface Scenario {
  /** `<clause>/<what is put to the test>`: by its clause it is filed, and selected. */
  readonly id: `${Lowercase<Clause>}/${string}`;
  readonly title: string;
  /** A capability without which the promise is refused; the refusal is then what is tested. */
  readonly needs?: {
    readonly capability: string;
    readonly isDeclared: (capabilities: Capabilities) => boolean;
    readonly refused: (stage: Stage) => Promise<Findings>;
  };
  /** Invariants of every history that this one is not about, each with the reason. The runner applies all others. */
  readonly without?: Readonly<Partial<Record<Invariant, string>>>;
  /**
   * It breaks the provider, which only a harness can that runs the provider itself; `restart`: by a restart alone, which the owner
   * of a service can make. `own-members`: only processes of its own, which harms no service; `one-member`: only what one of
   * them says and hears; `throttling`: the service refuses what is too much, which not every harness can bring about.
   */
  readonly breaks?: true | 'restart' | 'own-members' | 'one-member' | 'throttling';
  /** How long it may take, in milliseconds. Default 90 s. */
  readonly timeoutMs?: number;
  /** Finds what is special about it. */
  run(stage: Stage): Promise<Findings>;
}

/** Why a scenario is not about these invariants. */
export function because(reason: string, ...invariants: readonly Invariant[]): NonNullable<Scenario['without']> {
  return Object.fromEntries(invariants.map((name) => [name, reason]));
}
