import type { PredictEntry } from '../../artifact/index.ts'
import type { Json } from '../../construct/index.ts'
import { version as ownVersion } from '../../version.ts'
import type { ServeSettings } from '../settings.ts'
import { componentSchemas, type Mapping } from './component-schemas.ts'
import { predictOperation } from './predict-operation.ts'
import { problemSchemas } from './problem-responses.ts'
import { serverOperations } from './server-operations.ts'

export type ApiOptions = {
  readonly name: string
  /** Of the component's class. */
  readonly version: string
  readonly predict: PredictEntry
  readonly settings: Pick<ServeSettings, 'token' | 'playground'>
}

/**
 * The API of a server that answers for this component, as OpenAPI 3.1: its schemas are JSON Schema, as those of a
 * component are. https://spec.openapis.org/oas/v3.1.0
 */
export function describeApi({ name, version, predict, settings }: ApiOptions): Mapping {
  const isSecured = settings.token !== undefined
  const { description } = predict
  const security: Json = isSecured ? [{ token: [] }] : []
  return {
    openapi: '3.1.0',
    info: { title: name, version, ...(description !== undefined && { description }), 'x-flambe': ownVersion },
    paths: {
      '/predict': { post: predictOperation(predict, { isSecured, security }) },
      ...serverOperations({ isSecured, security, hasPlayground: settings.playground }),
    },
    components: {
      schemas: { ...componentSchemas(predict), ...problemSchemas },
      ...(isSecured && {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'The token of the server.' },
        },
      }),
    },
  }
}
