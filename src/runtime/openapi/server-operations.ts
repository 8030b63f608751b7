import type { Json } from '../../construct/index.ts'
import type { Mapping } from './component-schemas.ts'
import type { Security } from './predict-operation.ts'
import { problemResponses, requestId } from './problem-responses.ts'

/** What every server answers, whatever its component. */
export function serverOperations({
  isSecured,
  security,
  hasPlayground,
}: Security & { readonly hasPlayground: boolean }): Mapping {
  const refused = isSecured ? problemResponses([401]) : {}
  const page = answer('The page.', 'text/html', { type: 'string' })
  return {
    '/livez': get('livez', 'Whether the process is sound', { '200': state('It is.') }),
    '/readyz': get('readyz', 'Whether an answer can be had', {
      '200': state('It can.'),
      '503': state('Not now, and why.'),
    }),
    '/metrics': {
      get: {
        ...operation('metrics', 'Metrics in the text format of Prometheus'),
        security,
        responses: { '200': answer('The metrics.', 'text/plain', { type: 'string' }), ...refused },
      },
    },
    '/openapi.json': {
      get: {
        ...operation('openapi', 'This description'),
        security,
        responses: { '200': answer('It.', 'application/json', { type: 'object' }), ...refused },
      },
    },
    ...(hasPlayground && { '/': get('playground', 'A page to try the component with', { '200': page }) }),
  }
}

function get(operationId: string, summary: string, responses: Mapping): Json {
  return { get: { ...operation(operationId, summary), security: [], responses } }
}

function operation(operationId: string, summary: string): Mapping {
  return { operationId, summary }
}

function state(description: string): Json {
  return answer(description, 'application/json', { $ref: '#/components/schemas/State' })
}

function answer(description: string, type: string, schema: Json): Json {
  return { description, headers: requestId, content: { [type]: { schema } } }
}
