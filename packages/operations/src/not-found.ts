/** There is no group, letter or event of this name; the message says which there are, or where to look. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}
