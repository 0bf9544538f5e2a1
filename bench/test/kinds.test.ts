import { describe, expect, it } from 'vitest';
import { amqpFrames, httpRequest, kafkaRequests } from '../src/cost/kinds.ts';

describe('requests are counted by what the protocol calls them', () => {
  it("a request of Kafka by the number of its API, others' as other", () => {
    const request = (api: number): Buffer => Buffer.from([0, 0, 0, 8, 0, api, 0, 12, 0, 0, 0, 1]);
    expect(kafkaRequests(request(1))).toEqual(['Fetch']);
    expect(kafkaRequests(request(8))).toEqual(['OffsetCommit']);
    expect(kafkaRequests(request(99))).toEqual(['other']);
    expect(kafkaRequests(Buffer.from([0, 0, 0, 8]))).toEqual([]);
  });

  it('each AMQP frame of a write, and no heartbeat', () => {
    const frame = (code: number): Buffer => Buffer.from([0, 0, 0, 12, 2, 0, 0, 0, 0x00, 0x53, code, 0x45]);
    const heartbeat = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);
    expect(amqpFrames(Buffer.concat([frame(0x13), heartbeat, frame(0x14), frame(0x15)]))).toEqual([
      'flow',
      'transfer',
      'disposition',
    ]);
    expect(amqpFrames(Buffer.from('AMQP\u0000\u0001\u0000\u0000'))).toEqual([]);
    expect(amqpFrames(Buffer.alloc(16))).toEqual([]);
  });

  it('a request over HTTP by its target, or by what storage is asked for', () => {
    expect(httpRequest('POST', '/', 'Kinesis_20131202.GetRecords')).toBe('GetRecords');
    expect(httpRequest('GET', '/a/b?restype=container&comp=list&prefix=x', undefined)).toBe('Blob GET list');
    expect(httpRequest('PUT', '/a/b/c', undefined)).toBe('Blob PUT');
  });
});
