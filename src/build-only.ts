import { Runnable, type RunResult } from './component/index.ts'
import { FlambeError } from './errors.ts'

/*
 * The names of the public API that need what only a build has. Code in an artifact that names them can be
 * imported, since its components may stand beside a Runnable of the user's; only their use is refused.
 */

export const Builder = buildOnly('Builder')
export const DockerBuilder = buildOnly('DockerBuilder')
export const parseSpec = (): never => refuse('parseSpec')
export const formatProblem = (): never => refuse('formatProblem')

function buildOnly(name: string): new (given?: unknown) => Runnable {
  return class extends Runnable {
    constructor(_given?: unknown) {
      super()
      refuse(name)
    }

    override run(): RunResult {
      return refuse(name)
    }
  }
}

function refuse(name: string): never {
  throw new FlambeError('COMPONENT_INVALID', `${name} is for builds, and this is the code of an artifact`)
}
