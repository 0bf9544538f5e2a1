import { formatDate } from '../dates/format.ts';
import { DataError } from '../data/values.ts';
import { fillReplacement, javaRegex, matchesWhole } from './java-regex.ts';
import { readFormat } from './timestamps.ts';
import type { PredicateClass, TransformClass } from './transform-class.ts';

/** Renames the topic where its whole name matches. */
export const regexRouter: TransformClass = {
  hasParts: false,
  definitions: {
    regex: { type: 'string', doc: 'what the whole name of a topic must match' },
    replacement: { type: 'string', doc: 'the new name, with $1 for the first group' },
  },
  create(config) {
    const regex = javaRegex(config.text('regex'), 'regex');
    const replacement = config.text('replacement');
    return (record) => {
      const match = matchesWhole(regex, record.topic) ? regex.exec(record.topic) : null;
      if (match === null) return record;
      try {
        const name = fillReplacement(replacement, match);
        const [before, after] = [record.topic.slice(0, match.index), record.topic.slice(match.index + match[0].length)];
        return { ...record, topic: before + name + after };
      } catch (cause) {
        throw new DataError(`RegexRouter: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
      }
    };
  },
};

const topicMark = `$\{topic}`;
const timestampMark = `$\{timestamp}`;

/** Puts the record's time into the name of the topic. */
export const timestampRouter: TransformClass = {
  hasParts: false,
  definitions: {
    'topic.format': {
      type: 'string',
      default: `${topicMark}-${timestampMark}`,
      doc: 'the new name, with placeholders for topic and timestamp',
    },
    'timestamp.format': { type: 'string', default: 'yyyyMMdd', doc: 'the date format, in UTC' },
  },
  create(config) {
    const pattern = readFormat(config.text('timestamp.format'), 'timestamp.format');
    const format = config.text('topic.format');
    return (record) => {
      if (record.timestamp === null) throw new DataError('TimestampRouter needs a timestamp, and the record has none');
      const time = formatDate(pattern, record.timestamp);
      const topic = format.split(topicMark).join(record.topic).split(timestampMark).join(time);
      return { ...record, topic };
    };
  },
};

/** Drops records: those that its predicate names, or all. */
export const filter: TransformClass = { hasParts: false, definitions: {}, create: () => () => null };

export const hasHeaderKey: PredicateClass = {
  definitions: { name: { type: 'string', notEmpty: true, doc: 'the name of the header' } },
  create(config) {
    const wanted = config.text('name');
    return ({ headers }) => headers.some(({ name }) => name === wanted);
  },
};

export const recordIsTombstone: PredicateClass = {
  definitions: {},
  create: () => (record) => record.value.value === null,
};

export const topicNameMatches: PredicateClass = {
  definitions: { pattern: { type: 'string', notEmpty: true, doc: 'what the whole name of a topic must match' } },
  create(config) {
    const regex = javaRegex(config.text('pattern'), 'pattern');
    return ({ topic }) => matchesWhole(regex, topic);
  },
};
