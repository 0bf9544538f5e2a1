import { appendFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SinkEffect, SinkSubject, SinkTarget } from '@isostream/connect/testing';
import { elasticsearchSink } from '../../src/sinks/elasticsearch.ts';
import { fileStreamSink, jsonLinesSink } from '../../src/sinks/file.ts';
import { httpSink } from '../../src/sinks/http.ts';
import { BulkServer } from './bulk-server.ts';
import { Endpoint } from './endpoint.ts';
import { memoryService } from './service.ts';

/** A file of lines; what is no whole record is left out. */
function fileTarget(read: (line: string) => SinkEffect | undefined, half: string): SinkTarget {
  const file = join(mkdtempSync(join(tmpdir(), 'isostream-suite-')), 'out.txt');
  return {
    properties: { file },
    effects: async () =>
      existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .flatMap((line) => read(line) ?? [])
        : [],
    tear: async () => appendFileSync(file, half),
    close: async () => undefined,
  };
}

function jsonEffect(line: string): SinkEffect | undefined {
  try {
    const { value } = JSON.parse(line) as { readonly value: SinkEffect };
    return { key: value.key, n: value.n };
  } catch {
    return undefined;
  }
}

function textEffect(line: string): SinkEffect | undefined {
  const [, key, n] = /^\{key=(\w+), n=(\d+)\}$/.exec(line) ?? [];
  return key === undefined ? undefined : { key, n: Number(n) };
}

async function bulkTarget(properties: Readonly<Record<string, string>>, isHistory: boolean): Promise<SinkTarget> {
  const server = new BulkServer();
  const url = await server.listen();
  return {
    properties: { 'connection.url': url, ...properties },
    effects: async () => (isHistory ? server.changes : server.documents),
    gate: server.gate,
    close: async () => server.close(),
  };
}

const spoil = (document: Map<string, unknown>): void => void document.set('n', 'no number');

/** A record by itself has a key by which an endpoint can know it again; a list of records has none. */
function endpoint(properties: Readonly<Record<string, string>>, once: boolean): SinkSubject {
  return {
    sink: httpSink,
    keeps: 'every',
    once,
    spoil,
    async open() {
      const server = new Endpoint();
      const url = await server.listen();
      return {
        properties: { 'http.api.url': url, 'request.body.format': 'json', ...properties },
        effects: async () => server.effects,
        gate: server.gate,
        close: async () => server.close(),
      };
    },
    service: memoryService,
  };
}

/** Effects once, and a target that can fail in every way: wrong versions are tried on it. */
export const byKey: SinkSubject = {
  sink: elasticsearchSink,
  keeps: 'latest',
  once: true,
  spoil,
  open: () => bulkTarget({}, true),
  service: memoryService,
};

/** Every record is kept, so that none that is lost is hidden by a later one. */
export const byPlace: SinkSubject = {
  sink: elasticsearchSink,
  keeps: 'every',
  once: true,
  spoil,
  open: () => bulkTarget({ 'key.ignore': 'true' }, false),
  service: memoryService,
};

/** The sinks of the package, by what they promise. */
export const sinkSubjects: Readonly<Record<string, SinkSubject>> = {
  'lines of JSON': {
    sink: jsonLinesSink,
    keeps: 'every',
    once: false,
    open: async () => fileTarget(jsonEffect, '{"key":"a","value":{"ke'),
    service: memoryService,
  },
  'lines of text': {
    sink: fileStreamSink,
    keeps: 'every',
    once: false,
    open: async () => fileTarget(textEffect, '{key=a, n'),
    service: memoryService,
  },
  'requests with one record': endpoint({}, true),
  'requests with several records': endpoint({ 'batch.max.size': '10', 'batch.json.as.array': 'true' }, false),
  'documents by key': byKey,
  'documents by place': byPlace,
};
