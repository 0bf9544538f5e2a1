import { IsostreamHealth } from '@isostream/nestjs';
import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheckService } from '@nestjs/terminus';

/** Probes by Terminus, which can ask for more: a database, a disk. */
@Controller()
export class HealthController {
  readonly #health: HealthCheckService;
  readonly #isostream: IsostreamHealth;

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(IsostreamHealth) isostream: IsostreamHealth,
  ) {
    this.#health = health;
    this.#isostream = isostream;
  }

  @Get('livez')
  live(): Promise<object> {
    return this.#health.check([() => this.#isostream.isLive()]);
  }

  @Get('readyz')
  ready(): Promise<object> {
    return this.#health.check([() => this.#isostream.isReady()]);
  }
}
