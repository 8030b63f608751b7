import { basename, resolve } from 'node:path'
import { type Blueprint, type RunContext, Runnable, type RunResult } from '../component/index.ts'
import { closeAll, type Json, type JsonSchema } from '../construct/index.ts'
import { HashCache } from '../files/index.ts'
import { resolveSettings, serveSchema } from '../runtime/index.ts'
import {
  openStorage,
  type S3Options,
  type Storage,
  type StorageKind,
  storageKinds,
} from '../storage/index.ts'
import { answers, buildComponent, draftComponent, mute } from './component-draft.ts'

const s3Properties: { readonly [name: string]: Json } = {
  region: { type: 'string' },
  endpoint: { type: 'string' },
  forcePathStyle: { type: 'boolean' },
  profile: { type: 'string' },
  caBundle: { type: 'string' },
  requesterPays: { type: 'boolean' },
  serverSideEncryption: { enum: ['AES256', 'aws:kms', 'aws:kms:dsse'] },
  sseKmsKeyId: { type: 'string' },
  acl: {
    enum: ['private', 'public-read', 'authenticated-read', 'bucket-owner-read', 'bucket-owner-full-control'],
  },
  storageClass: { type: 'string' },
}

/** What `!Builder` takes in a spec. */
export const builderParameters: JsonSchema = {
  type: 'object',
  properties: {
    component: {
      description: 'The component to build: a tag of an extension.',
      'x-flambe-class': 'Component',
    },
    destination: {
      description: 'A folder, relative to the spec, or s3://bucket/path.',
      type: 'string',
      minLength: 1,
    },
    storage: { description: 'Kind of the destination.', enum: [...storageKinds], default: 'local' },
    compress: { description: 'One .tar.gz instead of a folder.', type: 'boolean', default: false },
    force: { description: 'Replace an earlier artifact, as --force does.', type: 'boolean', default: false },
    s3: {
      description: 'Options of an S3 destination; credentials come from the environment.',
      type: 'object',
      properties: s3Properties,
      additionalProperties: false,
    },
    name: {
      description: "Name in the artifact; by default the destination's last name.",
      type: 'string',
      minLength: 1,
    },
    serve: serveSchema(),
  },
  required: ['component', 'destination'],
  additionalProperties: false,
}

export type BuilderArguments = {
  readonly component: Blueprint
  readonly destination: string
  readonly storage?: StorageKind
  readonly compress?: boolean
  readonly force?: boolean
  readonly name?: string
  readonly s3?: S3Options
  readonly serve?: Readonly<Record<string, Json>>
}

/** Builds a component once and exports it as a self-contained artifact. */
export class Builder extends Runnable {
  readonly #arguments: BuilderArguments

  constructor(given: BuilderArguments) {
    super()
    this.#arguments = given
  }

  /** Looks at the settings and the destination before anything is built. */
  override async parse(context: RunContext): Promise<void> {
    resolveSettings({ spec: this.#arguments.serve })
    const storage = await this.#storage(context)
    await storage.check({ force: this.#force(context), compress: this.#arguments.compress ?? false })
  }

  override async run(context: RunContext): Promise<RunResult> {
    const { progress, signal } = context
    const storage = await this.#storage(context)
    const component = await buildComponent(this.#arguments.component, context)
    if (!answers(component)) {
      const { message, hint } = mute(this.#arguments.component.config.$type)
      progress({ type: 'warning', message, ...(hint && { hint }) })
    }
    const { destination, compress = false, serve } = this.#arguments
    const { name = basename(resolve(context.directory, destination)) } = this.#arguments
    const draft = await draftComponent(component, { name, ...(serve && { serve }) }, context)
    const hashCache = await HashCache.open(context.cacheDirectory)
    const options = { force: this.#force(context), compress, hashCache, progress, signal }
    const { location, artifact } = await storage.write(draft, options)
    await closeAll(component)
    const files = artifact.manifest.files
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    return { result: location, details: { location, name, files: files.length, bytes } }
  }

  #force({ force }: RunContext): boolean {
    return force || this.#arguments.force === true
  }

  #storage({ directory }: RunContext): Promise<Storage> {
    const { storage = 'local', destination, s3 } = this.#arguments
    return openStorage(storage, destination, { directory, ...(s3 && { s3 }) })
  }
}
