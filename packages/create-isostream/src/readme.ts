import type { FrameworkName } from './frameworks.ts';
import { brokerStep } from './steps.ts';
import type { TemplateProvider } from './providers.ts';

/** The page that a new project begins with. */
export function readme({
  name,
  framework,
  provider,
}: {
  readonly name: string;
  readonly framework: FrameworkName;
  readonly provider: TemplateProvider;
}): string {
  const broker = brokerStep(provider).map((step) => `${step}\n`);
  return `# ${name}

Takes orders over HTTP and bills them in a consumer of the group \`billing\`. ${titles[framework]}, on ${provider}.

\`\`\`sh
npm install
npm test               # in memory; no broker is needed
${broker.join('')}npm start
\`\`\`

In another terminal:

\`\`\`sh
curl -H 'content-type: application/json' -d '{ "id": "o-1", "total": 9 }' localhost:3000/orders
curl -H 'content-type: application/json' -d '{ "id": "o-2", "total": 5000 }' localhost:3000/orders   # dead-lettered
curl localhost:3000/readyz
curl localhost:3000/metrics
${provider === 'memory' ? '' : 'npx isostream lag orders --group billing\nnpx isostream dlq list orders --group billing\nnpx isostream console\n'}\`\`\`

The provider is in \`isostream.json\`; the variable \`ISOSTREAM_URL\` wins over it, so the same service runs on another provider by one
variable. What to install for each: \`npm install @isostream/kafka\`, \`@isostream/kinesis\`, \`@isostream/pubsub\` or \`@isostream/event-hubs\`.

| file | holds |
| --- | --- |
| \`src/topics.ts\` | the topic, its events and their schemas |
| \`src/bank.ts\` | what billing does: replace it |
| \`src/service.ts\` | HTTP, consumer, probes and metrics, and the order in which they close |
| \`src/service.test.ts\` | the test, in memory |
`;
}

const titles: Readonly<Record<FrameworkName, string>> = {
  plain: 'Without a framework, on `node:http`',
  fastify: 'With Fastify',
  nestjs: 'With NestJS',
  express: 'With Express',
  hono: 'With Hono',
};
