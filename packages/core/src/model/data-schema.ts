const absoluteUri = /^[a-z][a-z0-9+.-]*:[\u0021-\u007e]+$/i;
/** As of any attribute: what Pub/Sub takes. */
const maxBytes = 1_024;

/** Whether events can say this as their `dataSchema`: an absolute URI of at most 1,024 bytes. */
export function isDataSchema(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxBytes && absoluteUri.test(value);
}
