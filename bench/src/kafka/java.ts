import { randomBytes } from 'node:crypto';
import { runKafkaTool } from '@isostream/emulators';

const tools = 'org.apache.kafka.tools';
const eventBytes = 200;

/** Events per second that Java's own tool sends, with all acknowledgements and its defaults for the rest. */
export async function javaSendRate(brokers: readonly string[], topic: string, events: number): Promise<number> {
  const output = await runKafkaTool(`${tools}.ProducerPerformance`, [
    ...['--topic', topic, '--num-records', String(events), '--record-size', String(eventBytes), '--throughput', '-1'],
    ...['--command-property', `bootstrap.servers=${brokers.join(',')}`, 'acks=all', 'linger.ms=5'],
  ]);
  // The last line of its report is for the whole run.
  return figure(output, [...output.matchAll(/records sent, ([\d.]+) records\/sec/g)].at(-1)?.[1]);
}

/** Events per second that Java's own tool reads, without the time that joining a group takes. */
export async function javaConsumeRate(brokers: readonly string[], topic: string, events: number): Promise<number> {
  const output = await runKafkaTool(`${tools}.ConsumerPerformance`, [
    ...['--bootstrap-server', brokers.join(','), '--topic', topic, '--num-records', String(events)],
    ...['--group', `java-${randomBytes(4).toString('hex')}`, '--timeout', '60000'],
  ]);
  const lines = output.trim().split('\n');
  const head = lines.findIndex((line) => line.includes('fetch.nMsg.sec'));
  const column = lines[head]?.split(',').findIndex((name) => name.trim() === 'fetch.nMsg.sec') ?? -1;
  return figure(output, lines[head + 1]?.split(',')[column]);
}

function figure(output: string, text: string | undefined): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`Kafka's tool gave no rate: ${output.trim().slice(-500)}`);
  return value;
}
