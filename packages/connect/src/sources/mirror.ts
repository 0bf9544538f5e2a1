import type { Streams } from '@isostream/core';
import { linkedSignal } from '@isostream/core/adapter';
import { type Config, ConfigError } from '../config/definition.ts';
import type { RelayingSource, SourceClass } from './source.ts';

/** Opens the service at an address, with no topics declared. */
export type OpenService = (url: string) => Promise<Streams>;

/**
 * The source of connector files that copies topics from another service, as `@isostream/mirror` does. `open` makes the connection
 * to `source.url`; without it the package `isostream` does. Give it as one of `sources` to `readConnectFiles`.
 */
export function mirrorSource(open: OpenService = openByAddress): SourceClass {
  return {
    classNames: ['MirrorSource', 'isostream.MirrorSource'],
    definitions: {
      'source.url': {
        type: 'password',
        notEmpty: true,
        doc: 'the service that is copied from, such as kafka://host:9092',
      },
      topics: { type: 'list', notEmpty: true, doc: 'the topics that are copied' },
      'target.topic': { type: 'string', optional: true, doc: 'the name of a single topic over here, if it is another' },
      'mirror.group': { type: 'string', default: 'isostream-mirror', doc: 'the group that reads over there' },
      'mirror.copies': {
        type: 'string',
        default: 'copy',
        oneOf: ['copy', 'skip'],
        doc: 'what becomes of events that are copies themselves',
      },
      'source.name': { type: 'string', optional: true, doc: 'what copies call the service that they came from' },
      'target.name': { type: 'string', optional: true, doc: 'what copies call this service' },
      'max.in.flight': { type: 'int', default: '1000', min: 1, doc: 'events under way at most' },
    },
    withoutEffect: {
      'key.converter': 'copies have the bytes of the event',
      'value.converter': 'copies have the bytes of the event',
      'header.converter': 'copies have the bytes of the event',
      'errors.tolerance': 'an event that cannot be copied ends the connector: nothing of its key passes it',
      'errors.log.enable': 'an event that cannot be copied ends the connector, with its error',
    },
    needsOffsets: () => false,
    topics(config) {
      const other = config.optional('target.topic');
      return other === undefined ? config.list('topics') : [other];
    },
    create: (config) => new MirrorSource(config, open),
  };
}

class MirrorSource implements RelayingSource {
  readonly #config: Config;
  readonly #open: OpenService;

  constructor(config: Config, open: OpenService) {
    this.#config = config;
    this.#open = open;
    const [from, to] = [config.optional('source.name'), config.optional('target.name')];
    if ((from === undefined) !== (to === undefined))
      throw new ConfigError('source.name and target.name belong together. Give both, or neither');
    if (config.optional('target.topic') !== undefined && config.list('topics').length > 1)
      throw new ConfigError('target.topic is for a single topic. Use a file for each topic that changes its name');
  }

  async relay(streams: Streams, signal: AbortSignal): Promise<void> {
    const config = this.#config;
    const { createMirror } = await import('@isostream/mirror').catch((cause: unknown) => {
      throw new ConfigError('MirrorSource needs the package @isostream/mirror: npm install @isostream/mirror', {
        cause,
      });
    });
    const from = await this.#open(config.text('source.url'));
    const end = new AbortController();
    const { signal: either, unlink } = linkedSignal([signal, end.signal]);
    try {
      const [name, other] = [config.optional('source.name'), config.optional('target.name')];
      const toTopic = config.optional('target.topic');
      const runs = config.list('topics').map(async (topic) => {
        const mirror = createMirror({
          from,
          to: streams,
          topic,
          ...(toTopic === undefined ? {} : { toTopic }),
          group: config.text('mirror.group'),
          copies: config.text('mirror.copies') === 'skip' ? 'skip' : 'copy',
          ...(name === undefined || other === undefined ? {} : { names: { from: name, to: other } }),
          concurrency: config.number('max.in.flight'),
        });
        try {
          await mirror.run({ signal: either });
        } finally {
          // Where one fails, the others end as well.
          end.abort();
        }
      });
      const ends = await Promise.allSettled(runs);
      for (const each of ends) {
        const reason: unknown = each.status === 'rejected' ? each.reason : undefined;
        if (each.status === 'rejected') throw reason;
      }
    } finally {
      unlink();
      await from.close();
    }
  }
}

async function openByAddress(url: string): Promise<Streams> {
  const { connect } = await import('isostream').catch((cause: unknown) => {
    throw new ConfigError('MirrorSource needs the package isostream to open source.url: npm install isostream', {
      cause,
    });
  });
  return connect({ url, topics: [], topology: 'assume' });
}
