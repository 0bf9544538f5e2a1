import type { ErrorObject } from 'ajv';
import type { Finding } from '../compatibility/comparison.ts';

/** What the reader says of a document that it refuses, in words that name the cure. */
export function explain(example: unknown, errors: readonly ErrorObject[]): readonly Finding[] {
  // Errors of branches say less than what is wrong at the deepest place.
  const [deepest] = errors.toSorted((one, other) => depth(other) - depth(one));
  const path = deepest === undefined ? '' : readable(deepest.instancePath);
  const { problem, cure } = reason(deepest);
  return [{ kind: 'breaking', path, problem, cure, example }];
}

interface Reason {
  readonly problem: string;
  readonly cure: string;
}

const widen = 'Widen the reader first, and deploy it everywhere before anybody writes the new values';

function reason(error: ErrorObject | undefined): Reason {
  const params: Readonly<Record<string, unknown>> = error?.params ?? {};
  switch (error?.keyword ?? '') {
    case 'required':
      return {
        problem: `the reader requires "${String(params['missingProperty'])}", which the writer may leave out`,
        cure: 'Make it optional or give it a default in the reader, and require it once all old events have expired',
      };
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return {
        problem: `the reader refuses the property "${String(params['additionalProperty'] ?? params['unevaluatedProperty'])}", which it does not know`,
        cure: 'Let readers ignore unknown properties (an open object), or deploy readers that know it first',
      };
    case 'type':
      return {
        problem: `the reader takes ${String(params['type'])}, the writer may write something else`,
        cure: 'Add a property with the new type and keep the old one',
      };
    case 'enum':
    case 'const':
      return { problem: 'the reader does not know this value', cure: widen };
    default:
      return {
        problem:
          error?.message === undefined ? 'the reader refuses what the writer may write' : `the value ${error.message}`,
        cure: widen,
      };
  }
}

function depth({ instancePath }: ErrorObject): number {
  return instancePath.split('/').length;
}

/** `/lines/0/sku` as `lines[].sku`. */
function readable(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, step) => (/^\d+$/.test(step) ? `${path}[]` : path === '' ? step : `${path}.${step}`), '');
}
