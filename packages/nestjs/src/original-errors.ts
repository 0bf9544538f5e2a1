import { type ArgumentsHost, Catch } from '@nestjs/common';
import { BaseRpcContext, BaseRpcExceptionFilter } from '@nestjs/microservices';
import type { HandlerContext } from 'isostream';
import { type Observable, throwError } from 'rxjs';

/** What `@Ctx()` is in a method with `@EventPattern`. */
export class IsostreamContext extends BaseRpcContext<readonly [event: unknown, context: HandlerContext]> {
  /** The whole event, with its id, key, time and headers; `@Payload()` is its data. */
  getEvent(): unknown {
    return this.args[0];
  }

  /** Attempt, partition, position, signal and fencing token. */
  getContext(): HandlerContext {
    return this.args[1];
  }
}

/**
 * Passes on what a handler threw, so that retries and the dead letter have it: Nest itself replaces it by "Internal server error".
 * Use it in the microservice, `app.useGlobalFilters(new IsostreamFilter())`. Errors of other transports go the usual way.
 */
export class IsostreamFilter extends BaseRpcExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): Observable<unknown> {
    const isOurs = host.getType() === 'rpc' && host.switchToRpc().getContext() instanceof IsostreamContext;
    // oxlint-disable-next-line promise/valid-params -- it is a filter, not a promise
    return isOurs ? throwError(() => exception) : super.catch(exception, host);
  }
}
Catch()(IsostreamFilter);
