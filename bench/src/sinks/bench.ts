import type { Bench, BenchRequest } from '../bench.ts';
import { row, type Row } from '../row.ts';
import { runRounds } from '../rounds.ts';
import { documents } from './documents.ts';
import { byConnector, byHand, byHandler, bySink } from './contestants.ts';
import { dynamoDbTarget } from './dynamodb-target.ts';
import { fileTarget, loggerTarget } from './line-targets.ts';
import { httpTarget, openSearchTarget, postgresTarget, type Target } from './targets.ts';

const targets: Readonly<Record<string, () => Promise<Target>>> = {
  opensearch: openSearchTarget,
  postgres: postgresTarget,
  http: httpTarget,
  dynamodb: dynamoDbTarget,
  file: fileTarget,
  logger: loggerTarget,
};

export const sinksBench: Bench = {
  measurements: Object.keys(targets),
  clients: ['pg', '@aws-sdk/client-dynamodb'],
  notes: [
    'Requests of 500 records of 200 bytes, one after the other, from what is stored in a topic. By hand each is read as JSON, and written by the bare client.',
    'Sink: conversion and put. Connector: a whole one on the memory provider, against a batch handler of the same topic that writes by hand.',
    'PostgreSQL: the sink stores the place of each record, by hand one position per request: that is enough where one process reads in order.',
    'DynamoDB is an emulator in one process, which bounds both. Items have partition and offset as their key; it gets a tenth of the records.',
    'File: JSON lines with key, value, headers, time and place, each request on the disk before the next. Logger: the same lines to a function.',
  ],
  run: benchSinks,
};

async function benchSinks({
  only,
  scale,
  rounds,
}: BenchRequest): Promise<{ readonly broker: string; readonly rows: readonly Row[] }> {
  const rows: Row[] = [];
  const descriptions: string[] = [];
  for (const [name, open] of Object.entries(targets)) {
    if (only !== undefined && only !== name) continue;
    await using target = await open();
    descriptions.push(target.description);
    const load = documents(Math.ceil(40_000 * scale * (target.share ?? 1)));
    const contestants = [byHand, bySink, byHandler, byConnector].map((measure) => () => measure(target, load));
    const samples = await runRounds(contestants, rounds);
    const compared = (measurement: string, isostream: string, against: string, reference: string): Row =>
      row({
        measurement,
        unit: 'records/s',
        against,
        reference: samples.of(reference),
        isostream: samples.of(isostream),
        goal: { atLeast: 0.8 },
      });
    rows.push(
      compared(`${target.name}, sink`, 'sink', target.against, 'by hand'),
      compared(`${target.name}, connector`, 'connector', `${target.against}, in a handler`, 'handler'),
    );
  }
  return { broker: descriptions.join(', '), rows };
}
