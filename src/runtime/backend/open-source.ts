import { inputValidator, loadArtifact, openArtifact } from '../../artifact/index.ts'
import { type ComponentObject, setupAll } from '../../construct/index.ts'
import { type Answerer, type AnswererOptions, createAnswerer } from '../answer/index.ts'
import type { ComponentSource } from '../exchange.ts'

/** A component that is set up, and how it answers. */
export type OpenedSource = { readonly component: ComponentObject; readonly answerer: Answerer }

/** Brings up the component in this thread. Who made the artifact's folder has checked its digests: sizes do here. */
export async function openSource(
  { directory, node, flambe }: ComponentSource,
  options: AnswererOptions,
): Promise<OpenedSource> {
  const artifact = await openArtifact(directory)
  const path = node ?? artifact.node
  const component = await loadArtifact(artifact, { node: path, verify: 'sizes', ...(flambe && { flambe }) })
  const { classes, nodes } = artifact.manifest
  const type = nodes[path]?.type ?? ''
  const validate = await inputValidator(artifact, type)
  const answerer = await createAnswerer(component, classes[type]?.predict, {
    ...options,
    ...(validate && { validate }),
  })
  await setupAll(component)
  return { component, answerer }
}
