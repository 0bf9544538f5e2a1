import { ConfigError } from '../../config/definition.ts';
import { DataError } from '../../data/values.ts';
import { TargetUnavailable } from '../sink.ts';

/** SQLSTATE codes of classes below that tell of one row: what its columns cannot be made of, its size. */
const ofRows = ['42804', '42846', '54000'];
/** Of what only people change: logins, permissions, names, statements. */
const ofConfiguration = ['28', '3D', '3F', '42', '0A', '0L', '0P'];
/** A table is not what it was when it was read. */
const ofChange = ['42P01', '42703'];
/** Of connections, transactions, servers and their limits. Any other is of a row: its data, a constraint, a view, what a trigger says. */
const ofServers = [
  '08',
  '0B',
  '24',
  '25',
  '26',
  '2D',
  '34',
  '3B',
  '40',
  '53',
  '54',
  '55',
  '57',
  '58',
  '72',
  'F0',
  'HV',
  'XX',
];

/** What an error of the database means: a bad row, something to set right, or a database that will do later. */
export function meaningOf(thrown: unknown): Error {
  if (thrown instanceof DataError || thrown instanceof ConfigError || thrown instanceof TargetUnavailable)
    return thrown;
  const code = codeOf(thrown);
  const message = `the database answers ${thrown instanceof Error ? thrown.message : String(thrown)}${code === '' ? '' : ` (${code})`}`;
  const isOne = (of: readonly string[]): boolean => of.some((prefix) => code.startsWith(prefix));
  const options = { cause: thrown };
  if (/^[0-9A-Z]{5}$/.test(code)) {
    if (isOne(ofRows)) return new DataError(message, options);
    if (isOne(ofConfiguration) && !isOne(ofChange)) return new ConfigError(message, options);
    if (!isOne(ofServers) && !isOne(ofChange)) return new DataError(message, options);
  }
  return new TargetUnavailable(message, options);
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
