import { pathToFileURL } from 'node:url'
import { type Check, type Extent, type Validate, validatorOf } from '../construct/index.ts'
import { safeJoin } from '../files/index.ts'
import type { OpenedArtifact } from './open.ts'

/** The module of an extension's validators: the checks of the input of `predict`, by class. */
export type ValidatorModule = {
  readonly validators: { readonly [className: string]: Readonly<Record<Extent, Check>> }
}

/**
 * The check of a class's inputs that was compiled when the artifact was built: to compile it anew takes longer than to load a small model.
 * Undefined in an artifact of an earlier version, and for a class that takes anything.
 */
export async function inputValidator(
  { manifest, directory }: OpenedArtifact,
  type: string,
): Promise<Validate | undefined> {
  const [namespace, name] = [type.slice(0, type.indexOf('.')), type.slice(type.indexOf('.') + 1)]
  const { validators } = manifest.code[namespace] ?? {}
  if (validators === undefined) return undefined
  const { href } = pathToFileURL(safeJoin(directory, validators))
  const { validators: byClass } = (await import(href)) as ValidatorModule
  const checks = Object.hasOwn(byClass, name) ? byClass[name] : undefined
  return checks && validatorOf((extent) => checks[extent])
}
