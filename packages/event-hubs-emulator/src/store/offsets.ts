import { ServiceError } from '../service-error.ts';

/** How a namespace writes offsets: plain byte positions, or the opaque form of geo-replicated namespaces. */
export interface OffsetForm {
  text(partition: string, offset: number): string;
  /** Throws {@link ServiceError} for what this namespace did not write. */
  parse(partition: string, text: string): number;
}

export const plainOffsets: OffsetForm = {
  text: (_, offset) => String(offset),
  parse(_, text) {
    if (!/^\d+$/.test(text))
      throw new ServiceError('com.microsoft:argument-error', `The supplied offset '${text}' is invalid.`);
    return Number(text);
  },
};

/** Offsets that nobody may parse: a generation, the partition and a place in it. */
export const replicatedOffsets: OffsetForm = {
  text: (partition, offset) => (offset < 0 ? '-1' : `1:${partition}:${offset}`),
  parse(partition, text) {
    const [, owner, offset] = /^1:([^:]*):(\d+)$/.exec(text) ?? [];
    if (owner !== partition || offset === undefined)
      throw new ServiceError(
        'com.microsoft:georeplication:invalid-offset',
        `The supplied offset '${text}' is not one of this geo-replicated namespace.`,
      );
    return Number(offset);
  },
};
