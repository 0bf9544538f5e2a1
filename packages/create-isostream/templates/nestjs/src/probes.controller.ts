import { InjectStreams, IsostreamHealth } from '@isostream/nestjs';
import { createPrometheus } from '@isostream/prometheus';
import { Controller, Get, Header, type OnApplicationShutdown, ServiceUnavailableException } from '@nestjs/common';
import type { Streams } from 'isostream';

/** Probes and metrics. With Terminus, give it the methods of `IsostreamHealth`. */
@Controller()
export class ProbesController implements OnApplicationShutdown {
  private readonly exporter;

  constructor(
    @InjectStreams() streams: Streams,
    private readonly health: IsostreamHealth,
  ) {
    this.exporter = createPrometheus({ streams: [streams] });
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4')
  metrics(): Promise<string> {
    return this.exporter.metrics();
  }

  @Get('livez')
  async live(): Promise<object> {
    return up(await this.health.isLive());
  }

  @Get('readyz')
  async ready(): Promise<object> {
    return up(await this.health.isReady());
  }

  @Get('startupz')
  async started(): Promise<object> {
    return up(await this.health.isStarted());
  }

  onApplicationShutdown(): void {
    this.exporter.close();
  }
}

function up(result: Awaited<ReturnType<IsostreamHealth['isLive']>>): object {
  if (Object.values(result).some(({ status }) => status === 'down')) throw new ServiceUnavailableException(result);
  return result;
}
