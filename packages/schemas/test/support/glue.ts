import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fieldOf } from '../../src/registries/http.ts';

interface Version {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly type: string;
  status: string;
}

/** As much of AWS Glue Schema Registry as clients see; other than moto it can refuse, be slow to check, and be away. */
export class Glue {
  readonly calls: string[] = [];
  readonly versions: Version[] = [];
  /** The next answers, each the name of an error; empty for what is right. */
  readonly errors: string[] = [];
  /** Every call fails with this error. */
  failure: string | undefined;
  /** What becomes of versions that are registered. */
  status = 'AVAILABLE';
  readonly #server: Server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).replace('AWSGlue.', '');
    this.calls.push(operation);
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const asked: unknown = JSON.parse(body);
      const error = this.failure ?? this.errors.shift() ?? '';
      const answer = error === '' ? this.#answer(operation, asked) : error;
      const status = typeof answer !== 'string' ? 200 : answer === 'InternalServiceException' ? 500 : 400;
      const said = typeof answer === 'string' ? { __type: answer, Message: 'no' } : answer;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(said));
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(operation: string, asked: unknown): object | string {
    const text = String(fieldOf(asked, 'SchemaDefinition'));
    const named = fieldOf(fieldOf(asked, 'SchemaId'), 'SchemaName') ?? fieldOf(asked, 'SchemaName');
    const name = typeof named === 'string' ? named : undefined;
    const id = fieldOf(asked, 'SchemaVersionId');
    const ofName = this.versions.filter((version) => version.name === name);
    const found =
      operation === 'GetSchemaVersion'
        ? id === undefined
          ? ofName.at(-1)
          : this.versions.find((version) => version.id === id)
        : ofName.find((version) => version.text === text);
    if (operation === 'CreateSchema') {
      if (ofName.length > 0) return 'AlreadyExistsException';
      return this.#add(name ?? '', text, String(fieldOf(asked, 'DataFormat')));
    }
    if (found !== undefined) return shown(found);
    const [first] = ofName;
    if (operation !== 'RegisterSchemaVersion' || first === undefined) return 'EntityNotFoundException';
    return this.#add(first.name, text, first.type);
  }

  #add(name: string, text: string, type: string): object {
    const version = { id: randomUUID(), name, text, type, status: this.status };
    this.versions.push(version);
    return shown(version);
  }
}

function shown({ id, text, type, status }: Version): object {
  return { SchemaVersionId: id, SchemaDefinition: text, DataFormat: type, Status: status, SchemaVersionStatus: status };
}
