import type { Harness } from './harness.ts';

export interface HarnessOptions {
  readonly url?: string;
  readonly mode?: 'auto' | 'native' | 'docker';
  readonly progress?: (text: string) => void;
}

export async function kinesisHarness(_options: HarnessOptions = {}): Promise<Harness> {
  throw new Error('not yet');
}
