import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FlambeError } from '../../errors.ts'
import { type Engine, type Environment, findEngine, isLayout, openEngine } from '../../image/index.ts'
import type { Progress } from '../../progress.ts'
import type { Output } from './output.ts'

/** An output that is ready to take an image. */
export type ChosenOutput =
  | Exclude<Output, { kind: 'engine' }>
  | { readonly kind: 'engine'; readonly engine: Engine }

export type ChooseOptions = {
  readonly environment: Environment
  readonly home?: string | undefined
  /** Where a layout goes if nobody says where. */
  readonly directory: string
  readonly name: string
  /** Images of several platforms, which only a layout or a registry holds under one name. */
  readonly hasSeveral: boolean
  /** Replace a file that is there. */
  readonly force: boolean
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * The output that was asked for, or the engine if one answers, or a layout; looked at before anything is built.
 * @throws FlambeError `USAGE`, `DESTINATION_INVALID`, `DESTINATION_NOT_EMPTY`, and what engines throw.
 */
export async function chooseOutput(
  output: Output | undefined,
  options: ChooseOptions,
): Promise<ChosenOutput> {
  const { environment, home, directory, name, force, progress, signal } = options
  const finding = { env: environment, home, signal }
  const path = join(directory, `${name}.oci`)
  if (options.hasSeveral) {
    if (output !== undefined && output.kind !== 'layout') throw severalPlatforms()
    if (output === undefined) {
      progress({
        type: 'notice',
        message: `several platforms go to ${path}, an OCI layout: no engine holds them`,
      })
      return checked({ kind: 'layout', path }, force)
    }
  }
  if (output?.kind === 'engine') return { kind: 'engine', engine: await openEngine(finding) }
  if (output) return checked(output, force)
  const { engine, failure } = await findEngine(finding)
  if (engine) {
    const title = `output: ${engine.kind === 'podman' ? 'Podman' : 'Docker'} at ${engine.address}`
    progress({ type: 'step', id: title, title })
    progress({ type: 'done', id: title, note: 'it answers, and no --output says otherwise' })
    return { kind: 'engine', engine }
  }
  const message = `no engine answers, so the image goes to ${path}, an OCI layout: ${failure.message}`
  progress({ type: 'warning', message, ...(failure.hint && { hint: failure.hint }) })
  return checked({ kind: 'layout', path }, force)
}

async function checked<T extends Exclude<Output, { kind: 'engine' }>>(output: T, force: boolean): Promise<T> {
  if (output.kind === 'layout') await isLayout(output.path)
  else if (!force && (await stat(output.path).catch(() => undefined))) {
    throw new FlambeError(
      'DESTINATION_NOT_EMPTY',
      `${output.path} is there already. Use --force to replace it or pick another output.`,
    )
  }
  return output
}

function severalPlatforms(): FlambeError {
  return new FlambeError('USAGE', 'an image for several platforms goes to a registry or to an OCI layout', {
    hint: 'use --push or --output DIR, or one --platform',
  })
}
