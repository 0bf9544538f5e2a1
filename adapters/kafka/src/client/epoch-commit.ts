import { CompactReader, compactArray, compactText, int32, int64, noTags, nothing } from './compact.ts';
import type { Definition } from './kafkajs-protocol.ts';
import type { Membership } from './wire.ts';

/** An OffsetCommit request. */
export const epochCommitKey = 8;

export interface EpochCommit {
  readonly member: Membership;
  readonly topic: string;
  readonly offsets: ReadonlyMap<number, bigint>;
}

export interface RawEpochCommit {
  readonly responses: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

/** Version 9 of a request of which kafkajs knows older ones: only this one is fenced by the epoch of a member (KIP-848). */
export const epochCommit: Definition = {
  versions: ['9'],
  protocol: () => (parameters) => ({
    request: {
      apiKey: epochCommitKey,
      apiVersion: 9,
      apiName: 'EpochCommit',
      async encode() {
        const buffer = encode(parameters as EpochCommit);
        return { buf: buffer, buffer };
      },
    },
    response: { decode: async (raw) => decode(raw), parse: async (data) => data },
  }),
};

function encode({ member, topic, offsets }: EpochCommit): Buffer {
  const noLeaderEpoch = int32(-1);
  // Behind each offset a text of no use here.
  const partitions = [...offsets].map(([partition, offset]) =>
    Buffer.concat([int32(partition), int64(offset), noLeaderEpoch, compactText(''), noTags]),
  );
  return Buffer.concat([
    // Of the header.
    noTags,
    compactText(member.group),
    int32(member.generation),
    compactText(member.memberId),
    // A fixed name of the member.
    nothing,
    compactArray([Buffer.concat([compactText(topic), compactArray(partitions), noTags])]),
    noTags,
  ]);
}

function decode(raw: Buffer): RawEpochCommit {
  const reader = new CompactReader(raw);
  reader.skipTags();
  reader.skip(4);
  const partitions: { partition: number; errorCode: number }[] = [];
  reader.skipArray(() => {
    reader.skipText();
    reader.skipArray(() => {
      partitions.push({ partition: reader.int32(), errorCode: reader.int16() });
      reader.skipTags();
    });
    reader.skipTags();
  });
  return { responses: [{ partitions }] };
}
