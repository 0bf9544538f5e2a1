import { Config, ConfigError, type Definitions, type Properties, problemsOf, unknownIn } from '../config/definition.ts';
import { nearest } from '../config/nearest.ts';
import { avroConverter, avroDefinitions, avroWarnings } from './avro/avro.ts';
import type { Converter } from './converter.ts';
import { jsonConverter } from './json.ts';
import { byteArrayConverter, numberConverter, simpleHeaderConverter, stringConverter } from './plain.ts';

interface ConverterClass {
  readonly definitions: Definitions;
  create(className: string, config: Config): Converter;
  warnings?(properties: Properties): readonly string[];
}

const storage = 'org.apache.kafka.connect.storage';
const converters = 'org.apache.kafka.connect.converters';

const json: ConverterClass = {
  definitions: {
    'schemas.enable': {
      type: 'boolean',
      default: 'true',
      doc: 'whether payloads carry a schema beside them',
    },
    'schemas.cache.size': { type: 'int', default: '1000', doc: 'not needed here' },
    'decimal.format': { type: 'string', default: 'BASE64', doc: 'BASE64 or NUMERIC' },
    'replace.null.with.default': { type: 'boolean', default: 'true', doc: 'whether a default is put for null' },
  },
  create: jsonConverter,
};

const string: ConverterClass = {
  definitions: { 'converter.encoding': { type: 'string', default: 'UTF-8', doc: 'the encoding of text' } },
  create(className, config) {
    const encoding = config.text('converter.encoding');
    if (!/^(?:utf-?8|iso-?8859-?1|latin1|us-ascii|ascii)$/i.test(encoding))
      throw new ConfigError(`converter.encoding is ${JSON.stringify(encoding)}. Use UTF-8 or ISO-8859-1`);
    return stringConverter(className, config);
  },
};

function plain(create: (className: string) => Converter): ConverterClass {
  return { definitions: {}, create };
}

const classes: ReadonlyMap<string, ConverterClass> = new Map([
  ['org.apache.kafka.connect.json.JsonConverter', json],
  [
    'io.confluent.connect.avro.AvroConverter',
    { definitions: avroDefinitions, create: avroConverter, warnings: avroWarnings },
  ],
  [`${storage}.StringConverter`, string],
  [`${storage}.SimpleHeaderConverter`, plain(simpleHeaderConverter)],
  [`${converters}.ByteArrayConverter`, plain(byteArrayConverter)],
  [`${converters}.ShortConverter`, plain((name) => numberConverter(name, 'int16'))],
  [`${converters}.IntegerConverter`, plain((name) => numberConverter(name, 'int32'))],
  [`${converters}.LongConverter`, plain((name) => numberConverter(name, 'int64'))],
  [`${converters}.FloatConverter`, plain((name) => numberConverter(name, 'float32'))],
  [`${converters}.DoubleConverter`, plain((name) => numberConverter(name, 'float64'))],
  [`${converters}.BooleanConverter`, plain((name) => numberConverter(name, 'boolean'))],
]);

/** The class names of all converters. */
export const converterNames: readonly string[] = [...classes.keys()];

function find(name: string): readonly [className: string, found: ConverterClass] {
  const wanted = name.trim();
  for (const [className, found] of classes) {
    const short = className.slice(className.lastIndexOf('.') + 1);
    if ([className, short, short.replace(/Converter$/, '')].includes(wanted)) return [className, found];
  }
  const shorts = converterNames.flatMap((className) => [className, className.slice(className.lastIndexOf('.') + 1)]);
  const close = nearest(wanted, shorts);
  throw new ConfigError(
    `there is no converter ${JSON.stringify(wanted)}${close === undefined ? `. Use one of: ${converterNames.join(', ')}` : `; did you mean ${close}?`}`,
  );
}

/**
 * The converter of a class name, such as `org.apache.kafka.connect.json.JsonConverter` or `JsonConverter`, with its own
 * properties (`schemas.enable`, …, without a prefix). Throws {@link ConfigError}.
 */
export function createConverter(name: string, properties: Properties = {}): Converter {
  const [className, found] = find(name);
  return found.create(className, new Config(found.definitions, properties));
}

/** What is wrong with a converter's properties, and which of them have no effect. */
export function checkConverter(
  name: string,
  properties: Properties,
  where: string,
): { readonly errors: readonly string[]; readonly warnings: readonly string[] } {
  try {
    const [, found] = find(name);
    const errors = problemsOf(found.definitions, properties, where);
    if (errors.length === 0) createConverter(name, properties);
    const common = ['converter.type'];
    return {
      errors,
      warnings: [
        ...unknownIn(Object.keys(properties), [...Object.keys(found.definitions), ...common], where),
        ...(found.warnings?.(properties) ?? []).map((text) => where + text),
      ],
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { errors: [`${where.replace(/\.$/, '')}: ${error.message}`], warnings: [] };
  }
}
