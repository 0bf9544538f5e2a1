import { type Span, SpanStatusCode } from '@opentelemetry/api';
import { names } from './names.ts';

/** The result of the work, with which the span ends as well. */
export async function ended<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    attempted(() => {
      span.setAttribute(names.errorType, typeOf(thrown));
      span.setStatus({ code: SpanStatusCode.ERROR, message: thrown instanceof Error ? thrown.message : '' });
    });
    throw thrown;
  } finally {
    attempted(() => span.end());
  }
}

/** Few words, as a label needs them: the code of an error of ours, else the name of its class. */
function typeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '_OTHER';
  const code: unknown = Reflect.get(thrown, 'code');
  return typeof code === 'string' ? code : thrown.name;
}

/** What tracing does must not be what an event fails of. */
export function attempted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
