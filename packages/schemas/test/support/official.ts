import { SchemaRegistryClient } from '@confluentinc/schemaregistry';

/**
 * Confluent's own client. It asks for Protobuf schemas in serialized form, and Apicurio 3.3.3 answers that with an error where they
 * were registered in this form: it reads the descriptor as text. Without the form it gives what was registered.
 */
export class OfficialClient extends SchemaRegistryClient {
  override getBySubjectAndId(subject: string, id: number): ReturnType<SchemaRegistryClient['getBySubjectAndId']> {
    return super.getBySubjectAndId(subject, id);
  }
}
