import { createServer } from 'node:http';
import { z } from 'zod';

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const point = z.object({
  attributes: z.array(attribute),
  asDouble: z.number().optional(),
  count: z.coerce.number().optional(),
  bucketCounts: z.array(z.coerce.number()).optional(),
  explicitBounds: z.array(z.number()).optional(),
});
const points = z.object({ dataPoints: z.array(point) });
const metricsBody = z.object({
  resourceMetrics: z.array(
    z.object({
      scopeMetrics: z.array(
        z.object({
          scope: z.object({ name: z.string() }),
          metrics: z.array(
            z.object({
              name: z.string(),
              unit: z.string(),
              sum: points.extend({ isMonotonic: z.boolean(), aggregationTemporality: z.number() }).optional(),
              gauge: points.optional(),
              histogram: points.optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});
const tracesBody = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(z.object({ spans: z.array(z.object({ name: z.string(), traceId: z.string() })) })),
    }),
  ),
});

export type ReceivedMetric = z.infer<
  typeof metricsBody
>['resourceMetrics'][number]['scopeMetrics'][number]['metrics'][number];

/** What a collector takes by OTLP over HTTP. */
export interface Receiver {
  readonly url: string;
  readonly metrics: ReceivedMetric[];
  readonly spans: { readonly name: string; readonly traceId: string }[];
  close(): Promise<void>;
}

export async function openReceiver(): Promise<Receiver> {
  const metrics: ReceivedMetric[] = [];
  const spans: { readonly name: string; readonly traceId: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      if (request.url === '/v1/metrics')
        for (const { scopeMetrics } of metricsBody.parse(body).resourceMetrics)
          for (const scoped of scopeMetrics)
            if (scoped.scope.name.startsWith('@isostream')) metrics.push(...scoped.metrics);
      if (request.url === '/v1/traces')
        for (const { scopeSpans } of tracesBody.parse(body).resourceSpans)
          for (const scoped of scopeSpans) spans.push(...scoped.spans);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    metrics,
    spans,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
