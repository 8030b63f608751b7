import { Runnable, type RunResult } from './component/index.ts'
import { FlambeError } from './errors.ts'

/*
 * The names of the public API that need what only a build has. Code in an artifact that names them can be
 * imported, since its components may stand beside a Runnable of the user's; only their use is refused.
 */

export class Builder extends Runnable {
  constructor(_given?: unknown) {
    super()
    refuse('Builder')
  }

  override run(): RunResult {
    return refuse('Builder')
  }
}

export class DockerBuilder extends Runnable {
  constructor(_given?: unknown) {
    super()
    refuse('DockerBuilder')
  }

  override run(): RunResult {
    return refuse('DockerBuilder')
  }
}

export const parseSpec = (): never => refuse('parseSpec')
export const formatProblem = (): never => refuse('formatProblem')

function refuse(name: string): never {
  throw new FlambeError('COMPONENT_INVALID', `${name} is for builds, and this is the code of an artifact`)
}
