import { ConfigError } from '../../config/definition.ts';
import { DataError } from '../../data/values.ts';
import { TargetUnavailable } from '../sink.ts';

/** Of one item: what it holds, its size, its key. */
const ofItems = ['ValidationException', 'ItemCollectionSizeLimitExceededException'];
/** Of what only people change. */
const ofConfiguration = [
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'IncompleteSignatureException',
  'CredentialsProviderError',
];

/** What an error of the service means: a bad item, something to set right, or a service that will do later. */
export function meaningOf(thrown: unknown): Error {
  if (thrown instanceof DataError || thrown instanceof ConfigError || thrown instanceof TargetUnavailable)
    return thrown;
  const name = nameOf(thrown);
  const message = `DynamoDB answers ${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  if (ofItems.includes(name)) return new DataError(message, { cause: thrown });
  const isMissing = thrown instanceof Error && /region is missing/i.test(thrown.message);
  if (ofConfiguration.includes(name) || isMissing)
    return new ConfigError(`${message}. Check aws.dynamodb.region, the credentials and what they may do`, {
      cause: thrown,
    });
  return new TargetUnavailable(message, { cause: thrown });
}

/** The condition does not hold: the item is from this record, or from a later one. */
export function isRepeat(thrown: unknown): boolean {
  return nameOf(thrown) === 'ConditionalCheckFailedException';
}

export function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : 'an unknown error';
}
