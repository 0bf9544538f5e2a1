import 'reflect-metadata';
import { IsostreamModule, STREAMS } from '@isostream/nestjs';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ConnectOptions, Streams } from 'isostream';
import { Bank } from './bank.js';
import { BillingService } from './billing.service.js';
import { OrdersController } from './orders.controller.js';
import { ProbesController } from './probes.controller.js';

@Module({ controllers: [OrdersController, ProbesController], providers: [Bank, BillingService] })
class AppModule {
  static on(client: ConnectOptions): DynamicModule {
    return { module: AppModule, imports: [IsostreamModule.forRoot(client)] };
  }
}

/** Takes orders at `POST /orders`, bills them, and answers `/metrics`, `/livez`, `/readyz` and `/startupz`. */
export async function start(client: ConnectOptions, port: number) {
  const app = await NestFactory.create(AppModule.on(client), { logger: ['warn', 'error'] });
  await app.listen(port);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  const streams: Streams = app.get(STREAMS);
  // Ends in order: consumers drain, HTTP stops, producers flush.
  return { url, streams, bank: app.get(Bank), close: () => app.close() };
}
