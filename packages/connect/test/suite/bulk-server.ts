import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestGate, type SinkEffect } from '@isostream/connect/testing';

interface Document {
  readonly version: number;
  /** `undefined` once deleted: its version stays known. */
  readonly source: Readonly<Record<string, unknown>> | undefined;
}

interface Place {
  readonly _index: string;
  readonly _id: string;
  readonly version?: number;
}

/** Takes bulk requests as Elasticsearch does: external versions, conflicts, documents that the mapping refuses. */
export class BulkServer {
  readonly gate: RequestGate = new RequestGate();
  /** What took effect, in its order. */
  readonly changes: SinkEffect[] = [];
  readonly #documents = new Map<string, Document>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The documents that are there, each once. */
  get documents(): SinkEffect[] {
    return [...this.#documents.values()].flatMap(({ source }) => (source === undefined ? [] : [effectOf(source)]));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
    const gate = await this.gate.arrive();
    if (gate.serve === 'cut') return void response.destroy();
    if (gate.serve === 'throttle') return void response.writeHead(429).end('{}');
    const actions = actionsOf(body);
    const taken = gate.serve === 'part' ? actions.slice(0, Math.ceil(actions.length / 2)) : actions;
    const items = taken.map((action) => this.#apply(...action));
    // An answer in part also names what is to come later.
    const rest = actions.slice(taken.length, taken.length + 1).map(([verb, { _index, _id }]) => ({
      [verb]: { _index, _id, status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue is full' } },
    }));
    if ((await gate.served()) === 'cut') return void response.destroy();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ errors: true, items: [...items, ...rest] }));
  }

  #apply(verb: string, { _index, _id, version }: Place, source: Readonly<Record<string, unknown>> | undefined): object {
    const id = `${_index}/${_id}`;
    const there = this.#documents.get(id);
    const answer = (status: number, error?: object): object => ({
      [verb]: { _index, _id, status, ...(error === undefined ? {} : { error }) },
    });
    if (source !== undefined && typeof source['n'] !== 'number')
      return answer(400, { type: 'mapper_parsing_exception', reason: 'failed to parse field [n] of type [long]' });
    if (version !== undefined && version <= (there?.version ?? -1))
      return answer(409, { type: 'version_conflict_engine_exception', reason: 'a newer version is there' });
    this.#documents.set(id, { version: version ?? (there?.version ?? 0) + 1, source });
    if (source !== undefined) this.changes.push(effectOf(source));
    return answer(there === undefined ? 201 : 200);
  }
}

type Action = readonly [verb: string, place: Place, source: Readonly<Record<string, unknown>> | undefined];

function actionsOf(text: string): Action[] {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const actions: Action[] = [];
  while (lines.length > 0) {
    const [verb = '', place] = Object.entries(lines.shift() ?? {})[0] ?? [];
    actions.push([verb, place as Place, verb === 'delete' ? undefined : lines.shift()]);
  }
  return actions;
}

function effectOf(source: Readonly<Record<string, unknown>>): SinkEffect {
  return { key: String(source['key']), n: Number(source['n']) };
}
