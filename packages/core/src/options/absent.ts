import { StreamError } from '../errors/stream-error.ts';

/**
 * Calls that users of other clients are used to and that are not needed here, each with what to do instead. A program that makes one
 * gets `invalid-config` with the cure in place of "… is not a function". The types leave them out, so a compiler refuses them.
 */
export function absentCalls(
  where: string,
  cures: readonly (readonly [name: string | symbol, cure: string])[],
): PropertyDescriptorMap {
  return Object.fromEntries(
    cures.map(([name, cure]) => {
      const refuse = (): never => {
        throw new StreamError('invalid-config', cure, { where });
      };
      return [name, { value: refuse }];
    }),
  );
}
