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
    ['topics and topics.regex', worker, `${sink}topics.regex=a\n`, /one of topics and topics\.regex/],
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
      `${sink}value.converter=io.confluent.connect.avro.AvroConverter\n`,
      /there is no converter/,
    ],
  ])('%s', async (_, workerText, sinkText, message) => {
    await expect(plan(workerText, [sinkText])).rejects.toThrow(message);
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

  it('but a placeholder is filled where the worker names its provider', async () => {
    const provider =
      'config.providers=env\nconfig.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider\n';
    const text = sink.replace('secret', placeholder);
    const { connectors } = await plan(worker + provider, [text], { environment: { PASSWORD: 'x$&y' } });
    const passwords = connectors.map((each) => each.kind === 'sink' && each.sinkConfig.text('connection.password'));
    expect(passwords).toEqual(['x$&y']);
  });
});
