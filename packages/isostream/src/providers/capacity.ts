import { StreamError } from '@isostream/core';
import type { CapacityDemand, CapacityModel } from '@isostream/core/adapter';
import type { ProviderName } from './configs.ts';
import { declarationOf } from './providers.ts';

/** Published limits of a provider, and what it bills by, for a demand. Asks no service. Throws `unsupported` where there are none. */
export async function capacityOf(provider: ProviderName, demand: CapacityDemand): Promise<CapacityModel> {
  const declaration = await declarationOf(provider);
  if (declaration.capacity === undefined)
    throw new StreamError('unsupported', 'its only limit is the memory of this process', { where: provider });
  return declaration.capacity(demand);
}
