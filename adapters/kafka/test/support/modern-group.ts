import { connect, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';

/** The kinds of groups whose members the broker itself assigns, by the number of their heartbeat. */
const heartbeats = { consumer: 68, share: 76 } as const;

/** One member of a group of another kind than isostream's, as a Java client with `group.protocol=consumer` (KIP-848) or a share consumer makes it. */
export class ModernMember {
  readonly #socket: Socket;
  readonly #kind: keyof typeof heartbeats;
  readonly #group: string;
  readonly #topic: string;
  readonly #id = randomUUID();

  private constructor(socket: Socket, kind: keyof typeof heartbeats, group: string, topic: string) {
    this.#socket = socket;
    this.#kind = kind;
    this.#group = group;
    this.#topic = topic;
  }

  /** Joins; the broker keeps the member for its session, which is longer than any test. */
  static async join(port: number, kind: keyof typeof heartbeats, group: string, topic: string): Promise<ModernMember> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const member = new ModernMember(socket, kind, group, topic);
    for (let attempt = 0; ; attempt++) {
      const error = await member.#heartbeat(0);
      if (error === 0) return member;
      // The coordinator is loading, or the topic is not known to it yet.
      if (attempt > 100) throw new Error(`the broker answers with error ${error}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async leave(): Promise<void> {
    await this.#heartbeat(-1);
    this.#socket.destroy();
  }

  async #heartbeat(epoch: number): Promise<number> {
    const topics = epoch < 0 ? Buffer.from([0]) : Buffer.concat([Buffer.from([2]), text(this.#topic)]);
    const start = [text(this.#group), text(this.#id), int32(epoch)];
    const none = Buffer.from([0]);
    const body =
      this.#kind === 'share'
        ? [...start, none, topics, none]
        : // Instance, rack; the regular expression, the assignor, what it owns: an empty list when it joins.
          [...start, none, none, int32(30_000), topics, none, none, Buffer.from([epoch < 0 ? 0 : 1]), none];
    const header = Buffer.concat([int16(heartbeats[this.#kind]), int16(1), int32(1), int16(1), Buffer.from('x'), none]);
    const frame = Buffer.concat([header, ...body]);
    const answer = new Promise<Buffer>((resolve) => this.#socket.once('data', resolve));
    this.#socket.write(Buffer.concat([int32(frame.length), frame]));
    // Size, correlation, tags, throttling, then the error.
    return (await answer).readInt16BE(4 + 4 + 1 + 4);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length + 1]), bytes]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
