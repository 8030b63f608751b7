import type { Manifest } from '../../artifact/index.ts'
import type { Base } from '../image.ts'

/** What is known of where an image comes from. */
export type ImageFacts = {
  /** The commit that the spec is of. */
  readonly revision?: string
  /** URL of its repository. */
  readonly source?: string
  /** When, as RFC 3339. */
  readonly created?: string
}

/** Larger schemas are left out: labels travel with every question about an image. They are in the artifact anyway. */
const mostSchemaBytes = 16_384

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys and our own. */
export function imageLabels(
  { name, nodes, classes, root }: Manifest,
  { base, created, revision, source }: ImageFacts & { readonly base: Pick<Base, 'name' | 'digest'> },
): { readonly [name: string]: string } {
  const type = root?.$type ?? nodes['']?.type ?? ''
  const { description, predict } = classes[type] ?? {}
  const schema = predict && JSON.stringify({ input: predict.input, output: predict.output })
  const labels = {
    'org.opencontainers.image.title': name,
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.version': nodes['']?.version,
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.source': source,
    'org.opencontainers.image.created': created,
    'org.opencontainers.image.base.name': base.name,
    'org.opencontainers.image.base.digest': base.digest,
    'dev.flambe.component': type,
    'dev.flambe.schema': schema && Buffer.byteLength(schema) <= mostSchemaBytes ? schema : undefined,
  }
  return Object.fromEntries(Object.entries(labels).flatMap(([key, value]) => (value ? [[key, value]] : [])))
}
