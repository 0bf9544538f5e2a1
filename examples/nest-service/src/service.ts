// oxlint-disable-next-line import/no-unassigned-import -- Nest reads what it stores.
import 'reflect-metadata';
import { IsostreamModule, STREAMS } from '@isostream/nestjs';
import { IsostreamFilter, IsostreamServer } from '@isostream/nestjs/microservice';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import type { ConnectOptions, Streams } from 'isostream';
import { Bank } from './bank.ts';
import { BillingService } from './billing.service.ts';
import { HealthController } from './health.controller.ts';
import { OrdersController } from './orders.controller.ts';
import { RevenueController } from './revenue.controller.ts';
import { orders } from './topics.ts';

/** The application, with both ways to consume: it listens to nothing yet. */
export async function createService(client: ConnectOptions): Promise<INestApplication> {
  // oxlint-disable-next-line typescript/no-extraneous-class -- Nest takes modules as classes
  class AppModule {}
  Module({
    imports: [IsostreamModule.forRoot(client), TerminusModule.forRoot({ logger: false })],
    controllers: [OrdersController, RevenueController, HealthController],
    providers: [Bank, BillingService],
  })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
  const streams: Streams = app.get(STREAMS);
  // One client for both.
  const strategy = new IsostreamServer({ streams, topics: [orders], consumer: { group: 'revenue' } });
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  app.useGlobalFilters(new IsostreamFilter());
  await app.startAllMicroservices();
  return app;
}
