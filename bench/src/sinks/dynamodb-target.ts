import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { startKinesis } from '@isostream/emulators';
import { chunks } from '../sending.ts';
import { dataOf, type Document } from './documents.ts';
import type { Target } from './targets.ts';

const TableName = 'bench';
/** What a request holds at most. */
const perBatch = 25;
/** So many requests at once, as the sink has. */
const atOnce = 16;

/** The DynamoDB that keeps leases in tests. */
export async function dynamoDbTarget(): Promise<Target> {
  const emulator = await startKinesis({ mode: 'native' });
  const { region, credentials, dynamoEndpoint: endpoint } = emulator;
  const client = new DynamoDBClient({ region, endpoint, credentials });
  const ask = async (work: () => Promise<unknown>): Promise<unknown> => work().catch(() => undefined);
  return {
    name: 'DynamoDB',
    against: `BatchWriteItem, ${atOnce} at once`,
    description: 'dynalite 4.0.0, native',
    share: 0.1,
    properties: `connector.class=DynamoDbSink
aws.dynamodb.region=${region}
aws.dynamodb.endpoint=${endpoint}
aws.access.key.id=${credentials.accessKeyId}
aws.secret.access.key=${credentials.secretAccessKey}
`,
    async reset() {
      await ask(() => client.send(new DeleteTableCommand({ TableName })));
      while ((await ask(() => client.send(new DescribeTableCommand({ TableName })))) !== undefined);
      const names = ['partition', 'offset'] as const;
      await client.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: names.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
          AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'N' })),
        }),
      );
      const isMade = async (): Promise<boolean> =>
        (await client.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus === 'ACTIVE';
      while (!(await isMade()));
    },
    async write(documents) {
      const rest = chunks(documents, perBatch).values();
      const worker = async (): Promise<void> => {
        for (const part of rest) {
          const requests = part.map((document) => ({ PutRequest: { Item: itemOf(document) } }));
          const { UnprocessedItems = {} } = await client.send(
            new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }),
          );
          if (Object.keys(UnprocessedItems).length > 0) throw new Error('an item was not written');
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    },
    async count() {
      let found = 0;
      let from: Record<string, AttributeValue> | undefined;
      do {
        const page = await client.send(
          new ScanCommand({ TableName, Select: 'COUNT', ...(from === undefined ? {} : { ExclusiveStartKey: from }) }),
        );
        found += page.Count ?? 0;
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return found;
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await emulator.stop();
    },
  };
}

function itemOf(document: Document): Record<string, AttributeValue> {
  const { n, text } = dataOf(document);
  const [, partition = '', offset = ''] = document.place.split('+');
  return { partition: { N: partition }, offset: { N: offset }, n: { N: String(n) }, text: { S: text } };
}
