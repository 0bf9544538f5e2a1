import type { DataCodec } from '../model/data-codec.ts';
import { decodeData, encodeData } from './envelope.ts';

const jsonCodec: DataCodec = Object.freeze<DataCodec>({
  name: 'json',
  contentTypes: ['application/json'],
  encode(data) {
    const { bytes, contentType } = encodeData(data);
    if (bytes === null || bytes === undefined || contentType === undefined) throw new TypeError('no data is not JSON');
    return { bytes, contentType };
  },
  decode: (bytes, { contentType }) => decodeData({ kind: 'bytes', bytes }, contentType),
});

/** Data as JSON, and a `Uint8Array` as the bytes that it holds: the default codec of a topic. */
export function json(): DataCodec {
  return jsonCodec;
}
