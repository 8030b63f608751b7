import { inputValidator, loadArtifact, type PredictEntry } from '../artifact/index.ts'
import type { Blueprint } from '../component/index.ts'
import { type ComponentObject, isComponent, setupAll, type Validate } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { HashCache } from '../files/index.ts'
import { openLocation } from '../storage/index.ts'
import { prepareSpec, type RunSpecOptions } from './run-spec.ts'

/** A component that is ready to answer, and what is known of its `predict`. */
export type OpenedComponent = {
  readonly name: string
  readonly component: ComponentObject
  /** Absent for a class without types. */
  readonly predict?: PredictEntry
  /** The check of its inputs, where the artifact holds it. */
  readonly validate?: Validate
}

/** Brings up the component of a spec (built now) or of an artifact (loaded), set up and ready to answer. */
export async function openComponent(location: string, options: RunSpecOptions): Promise<OpenedComponent> {
  const opened = /\.ya?ml$/i.test(location)
    ? await fromSpec(location, options)
    : await fromArtifact(location, options)
  await setupAll(opened.component, { signal: options.signal })
  return opened
}

async function fromArtifact(location: string, options: RunSpecOptions): Promise<OpenedComponent> {
  const { cacheDirectory, progress, signal } = options
  const artifact = await openLocation(location, { cacheDirectory, progress, signal })
  const hashCache = await HashCache.open(cacheDirectory)
  const component = await loadArtifact(artifact, { hashCache, progress, signal })
  await hashCache.save()
  const { manifest, node } = artifact
  const { type = '' } = manifest.nodes[node] ?? {}
  const validate = await inputValidator(artifact, type)
  const predict = manifest.classes[type]?.predict
  return { name: manifest.name, component, ...(predict && { predict }), ...(validate && { validate }) }
}

async function fromSpec(file: string, options: RunSpecOptions): Promise<OpenedComponent> {
  const { compiled, extensions } = await prepareSpec(file, options)
  const { args, definition } = compiled
  const blueprint = args['component'] as Blueprint | undefined
  if (!blueprint)
    throw new FlambeError('SPEC_INVALID', `${file}: !${definition.type} has no component to run`)
  const component = await blueprint.build({ signal: options.signal })
  if (!isComponent(component))
    throw new FlambeError('COMPONENT_INVALID', `${blueprint.config.$type} is no component`)
  const { $type } = blueprint.config
  const [namespace, name = ''] = $type.split('.')
  const predict = extensions.find((one) => one.namespace === namespace)?.classes[name]?.predict
  return { name: $type, component, ...(predict && { predict }) }
}
