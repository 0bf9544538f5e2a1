import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConnectFiles } from '@isostream/connect';
import { describe, expect, it } from 'vitest';
import { plan, worker } from './support/files.ts';

const kafkaWorker = `bootstrap.servers=broker:9092
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
value.converter.schemas.enable=false
offset.storage.file.filename=/tmp/connect.offsets
offset.flush.interval.ms=10000
`;
const sink = `name=elasticsearch-sink
connector.class=io.confluent.connect.elasticsearch.ElasticsearchSinkConnector
tasks.max=1
topics=driver-available-location
key.ignore=true
schema.ignore=true
connection.url=http://localhost:9200
connection.username=elastic
connection.password=secret
errors.tolerance=all
errors.deadletterqueue.topic.name=letters
errors.deadletterqueue.context.headers.enable=true
`;

const filtered = `transforms=f
transforms.f.type=org.apache.kafka.connect.transforms.Filter
transforms.f.predicate=isTomb
predicates=isTombstone
predicates.isTombstone.type=org.apache.kafka.connect.transforms.predicates.RecordIsTombstone
`;
const placeholder = `$\{env:PASSWORD}`;

describe('the files of a worker and an Elasticsearch sink', () => {
  it('are read without an error, and what has no effect is named', async () => {
    const { connectors, service, warnings } = await plan(kafkaWorker, [sink]);
    expect(connectors).toMatchObject([
      { kind: 'sink', name: 'elasticsearch-sink', topics: ['driver-available-location'] },
    ]);
    expect(service).toEqual({ provider: 'kafka', kafka: { brokers: ['broker:9092'] } });
    expect(warnings).toEqual([expect.stringContaining('offset.storage.file.filename has no effect')]);
  });

  it('take the login of the worker, and say when nobody would log in', async () => {
    const jaas =
      'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p\\\\"w";\n';
    const login = `${kafkaWorker}sasl.mechanism=PLAIN\n${jaas}`;
    expect((await plan(`${login}security.protocol=SASL_SSL\n`, [sink])).service).toEqual({
      provider: 'kafka',
      kafka: { brokers: ['broker:9092'], ssl: true, sasl: { mechanism: 'plain', username: 'u', password: 'p"w' } },
    });
    const { warnings } = await plan(login, [sink]);
    expect(warnings.join('\n')).toMatch(/sasl\.mechanism has no effect without security\.protocol/);
  });
});

describe('what Kafka Connect passes over in silence is named', () => {
  it.each([
    [
      'settings of errors in the worker file',
      `${worker}errors.tolerance=all\n`,
      sink,
      /worker\.properties: errors\.tolerance has no effect in a worker file/,
    ],
    ['transforms in the worker file', `${worker}transforms=a\n`, sink, /transforms has no effect in a worker file/],
    ['a typo', worker, `${sink}task.max=3\n`, /task\.max is not a property.*did you mean tasks\.max\?/],
    [
      'a typo in the worker file',
      `${worker}offset.flush.intervall.ms=1\n`,
      sink,
      /did you mean offset\.flush\.interval\.ms\?/,
    ],
    [
      'a setting of a converter without the converter',
      worker,
      `${sink}value.converter.schemas.enable=true\n`,
      /value\.converter\.schemas\.enable has no effect without value\.converter/,
    ],
    [
      'a converter that loses the settings of the worker',
      worker,
      `${sink}value.converter=org.apache.kafka.connect.json.JsonConverter\n`,
      /value\.converter\.schemas\.enable is true here/,
    ],
    [
      'dead letters that are never written',
      worker,
      sink.replace('errors.tolerance=all\n', ''),
      /errors\.deadletterqueue\.topic\.name has no effect with errors\.tolerance=none/,
    ],
    [
      'records dropped without a trace',
      worker,
      sink.replace(/errors\.deadletterqueue.*\n/g, ''),
      /errors\.tolerance=all drops bad records without a trace/,
    ],
    [
      'a batch size that another setting bounds',
      worker,
      `${sink}batch.size=10\n`,
      /batch\.size has no effect: consumer\.override\.max\.poll\.records/,
    ],
    [
      'a setting of the worker in the file of a connector',
      worker,
      `${sink}offset.flush.interval.ms=5\nsasl.mechanism=PLAIN\n`,
      /offset\.flush\.interval\.ms has no effect in a connector’s file[^]*sasl\.mechanism[^]*belongs in the worker file/,
    ],
    [
      'a setting of a sink in the worker file',
      `${worker}connection.url=http://localhost:9200\n`,
      sink,
      /connection\.url has no effect in a worker file/,
    ],
    [
      'a setting of the consumer without override',
      worker,
      `${sink}consumer.auto.offset.reset=latest\n`,
      /consumer\.auto\.offset\.reset has no effect[^]*Write consumer\.override\.auto\.offset\.reset/,
    ],
    [
      'what only looks like a placeholder',
      worker,
      sink.replace('=elastic\n', `=$\{ES_USER}\n`),
      /connection\.username has \$\{ES_USER}, which stays as it is[^]*Write \$\{env:ES_USER}/,
    ],
    ['a password that looks like one', worker, sink.replace('=secret', '=$ES_PASSWORD'), /password has text as \$NAME/],
    [
      'quotes around a value',
      worker,
      sink.replace('=elastic\n', '="elastic"\n'),
      /username has quotes around its value/,
    ],
  ])('%s', async (_, workerText, sinkText, message) => {
    expect((await plan(workerText, [sinkText])).warnings.join('\n')).toMatch(message);
  });
});

describe('files that cannot mean anything are refused', () => {
  it.each([
    [
      'a class with a typo',
      worker,
      sink.replace('SinkConnector', 'SinkConector'),
      /did you mean io\.confluent.*ElasticsearchSinkConnector\?/,
    ],
    [
      'a placeholder that nothing fills',
      worker,
      sink.replace('secret', placeholder),
      /connection\.password has \$\{env:PASSWORD\}, which cannot be filled/,
    ],
    [
      'a user without a password',
      worker,
      sink.replace(/connection\.password.*\n/, ''),
      /connection\.username and connection\.password belong together/,
    ],
    ['topics and topics.regex', worker, `${sink}topics.regex=a\n`, /topics and topics\.regex are both given/],
    [
      'topics with a typo',
      worker,
      sink.replace('topics=', 'topic='),
      /topics is missing[^]*did you write topic for it/,
    ],
    ['topics between which is no comma', worker, sink.replace('topics=', 'topics=a;'), /Put commas between names/],
    ['a predicate by another name', worker, `${sink}${filtered}`, /does not list: it lists isTombstone/],
    [
      'a sink that is not there',
      worker,
      sink.replace('elasticsearch.Elasticsearch', 's3.S3'),
      /Use one of: OpensearchSink/,
    ],
    ['the files in the wrong order', sink, worker, /is the file of a connector\. Give the worker file first/],
    [
      'a provider of placeholders with a typo, where it is used',
      `${worker}config.providers=env\nconfig.providers.env.class=EnvVarConfigProvidr\n`,
      sink.replace('secret', placeholder),
      /cannot be filled: config\.providers of the worker file has no env of a class that is known/,
    ],
    [
      'headers in Avro',
      worker,
      `${sink}header.converter=AvroConverter\nheader.converter.schema.registry.url=http://x\n`,
      /header\.converter is AvroConverter, which writes keys and values of topics only/,
    ],
    [
      'letters to a topic that is read',
      worker,
      sink.replace('=letters', '=driver-available-location'),
      /letters would go round/,
    ],
    [
      'a value that is not in the list',
      worker,
      sink.replace('tolerance=all', 'tolerance=al'),
      /errors\.tolerance is "al".*did you mean all\?/,
    ],
    ['no converter', worker.replace(/key\.converter.*\n/, ''), sink, /worker\.properties: key\.converter is missing/],
    ['no service', worker.replace(/isostream\.url.*\n/, ''), sink, /bootstrap\.servers is missing/],
    [
      'a converter that does not exist',
      worker,
      `${sink}value.converter=io.confluent.connect.protobuf.ProtobufConverter\n`,
      /there is no converter/,
    ],
  ])('%s', async (_, workerText, sinkText, message) => {
    await expect(plan(workerText, [sinkText])).rejects.toThrow(message);
  });

  it.each([
    ['a provider with a typo', 'kafkaa://u:secret@x:9092', {}, /worker\.properties: .*Did you mean kafka:\/\/\?/],
    ['a parameter that it does not take', 'kafka://x:9092?sssl=true', {}, /worker\.properties: .*unknown parameter/],
    ['the address of the environment', undefined, { ISOSTREAM_URL: 'kinessis://x' }, /ISOSTREAM_URL: .*kinesis:/],
  ])('in the address of the service: %s', async (_, url, environment, message) => {
    const given = worker.replace('isostream.url=memory:', url === undefined ? '' : `isostream.url=${url}`);
    const error = await plan(given, [sink], { environment }).catch(String);
    expect(error).toMatch(message);
    expect(error).not.toContain('u:secret');
  });

  it('in bootstrap.servers', async () => {
    const given = kafkaWorker.replace('broker:9092', 'broker');
    await expect(plan(given, [sink])).rejects.toThrow(/worker\.properties: .*Give host:port/);
  });

  it('with everything that is wrong in all of them, and no password', async () => {
    const broken = sink.replace('tasks.max=1', 'tasks.max=0').replace('connector.class', 'connector.clas');
    const error = await plan(worker.replace('isostream.url=memory:\n', ''), [
      broken,
      sink.replace('key.ignore=true', 'key.ignore=yes'),
    ]).catch(String);
    expect(error).toMatch(
      /bootstrap\.servers[^]*connector\.class is missing[^]*tasks\.max is "0"[^]*key\.ignore is "yes"/,
    );
    expect(error).not.toContain('secret');
  });

  const avro = 'value.converter=AvroConverter\nvalue.converter.schema.registry.url=http://x\n';
  it.each<readonly [string, string, string, RegExp]>([
    [
      'a provider that is not known, and not used',
      'config.providers=v\nconfig.providers.v.class=V\n',
      '',
      /class is "V"/,
    ],
    [
      'what a provider may read',
      'config.providers=file\nconfig.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider\nconfig.providers.file.param.allowed.paths=/x\n',
      '',
      /config\.providers\.file\.param\.allowed\.paths has no effect/,
    ],
    [
      'the newest schema where each is registered',
      '',
      `${avro}value.converter.use.latest.version=true\n`,
      /value\.converter\.use\.latest\.version has no effect without auto\.register\.schemas=false/,
    ],
    ...['connect.meta.data', 'scrub.invalid.names', 'enhanced.avro.schema.support'].map(
      (name) =>
        [
          name,
          '',
          `${avro}value.converter.${name}=true\n`,
          new RegExp(`value\\.converter\\.${name} is not a property that is known here`),
        ] as const,
    ),
    ['a group in the file of a connector', '', 'group.id=x\n', /group\.id has no effect: each connector has a group/],
  ])('but %s is only warned of', async (_, ofWorker, ofSink, message) => {
    expect((await plan(worker + ofWorker, [sink + ofSink])).warnings.join('\n')).toMatch(message);
  });

  it('but a placeholder is filled where the worker names its provider', async () => {
    const provider =
      'config.providers=env\nconfig.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n';
    const text = sink.replace('secret', placeholder);
    const { connectors } = await plan(worker + provider, [text], { environment: { PASSWORD: 'x$&y' } });
    const passwords = connectors.map((each) => each.kind === 'sink' && each.sinkConfig.text('connection.password'));
    expect(passwords).toEqual(['x$&y']);
  });

  it('from a folder of secrets as well, and a file that cannot be read is said once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isostream-secrets-'));
    writeFileSync(join(folder, 'password'), 'from-folder');
    const provider =
      'config.providers=dir\nconfig.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider\n';
    const text = sink.replace('secret', `$\{dir:${folder}:password}`);
    const { connectors } = await plan(worker + provider, [text]);
    const passwords = connectors.map((each) => each.kind === 'sink' && each.sinkConfig.text('connection.password'));
    expect(passwords).toEqual(['from-folder']);
    const missing = plan(worker + provider, [sink.replace('secret', `$\{dir:${folder}:../password}`)]);
    await expect(missing).rejects.toThrow('cannot be read, or has no ../password');
    const error = await readConnectFiles(join(folder, 'worker.properties'), []).catch(String);
    expect(error).toMatch(/^ConfigError: .*worker\.properties: cannot be read: [^\n]*$/);
  });
});
