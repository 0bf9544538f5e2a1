import { StreamError } from '@isostream/core';
import type { AccessNeed, AccessPolicy } from '@isostream/core/adapter';
import { type Chosen, declarationOf, optionsOf } from './providers.ts';

/** The least rights for some acts on the provider of a config, as it takes them. Asks no service. Throws `unsupported` where there are none. */
export async function policyOf(
  config: Chosen,
  needs: readonly AccessNeed[],
  principal?: string,
): Promise<AccessPolicy> {
  const declaration = await declarationOf(config.provider);
  if (declaration.policy === undefined)
    throw new StreamError('unsupported', 'it asks nobody for rights, so there is no policy', {
      where: config.provider,
    });
  return declaration.policy(needs, {
    ...(principal === undefined ? {} : { principal }),
    options: optionsOf(declaration, config),
  });
}
