import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Compiled } from '../compile/index.ts'
import {
  parseSecrets,
  type RunContext,
  type Runnable,
  type RunResult,
  type Secrets,
} from '../component/index.ts'
import { type LoadSaved, runnableBrand } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import type { Extension } from '../extension/index.ts'
import { codeOf } from '../files/index.ts'
import type { Progress } from '../progress.ts'
import type { Override } from '../spec/index.ts'
import { load } from '../storage/index.ts'
import { Builder, builderParameters } from './builder.ts'
import {
  DockerBuilder,
  type DockerOptions,
  dockerBuilderParameters,
  parseBuilderArguments,
  parseDockerArguments,
} from './docker/index.ts'

export type RunSpecOptions = {
  readonly overrides?: readonly Override[]
  readonly force?: boolean
  readonly verbose?: boolean
  readonly debug?: boolean
  /** Fetch extensions that are packages or repositories. */
  readonly install?: boolean
  /** A secrets file; `optional` where it is only looked for. */
  readonly secrets?: { readonly file: string; readonly optional: boolean }
  /** Of images: what the command line says beside the spec. */
  readonly docker?: DockerOptions
  readonly cacheDirectory: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** The Runnables that need no extension, by their tag. */
export const builtins = {
  Builder: { class: Builder, parameters: builderParameters },
  DockerBuilder: { class: DockerBuilder, parameters: dockerBuilderParameters },
} as const

/** Reads, checks and runs a spec. */
export async function runSpec(file: string, options: RunSpecOptions): Promise<RunResult | undefined> {
  const { compiled, context } = await prepareSpec(file, options)
  const runnable = await makeRunnable(compiled, { directory: context.directory, docker: options.docker })
  if (!isRunnable(runnable))
    throw new TypeError(`${compiled.definition.type} made something that is no Runnable`)
  const { type } = compiled.definition
  await ofUser(type, 'parse', async () => runnable.parse?.(context))
  options.signal.throwIfAborted()
  return (await ofUser(type, 'run', async () => runnable.run(context))) ?? undefined
}

/** What a Runnable of the user's throws is theirs; what one of ours throws is told as it is. */
async function ofUser<T>(type: string, method: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof FlambeError || Object.hasOwn(builtins, type)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError('COMPONENT_FAILED', `${method} of ${type} failed: ${reason}`, { cause })
  }
}

/** A spec that is read and checked, and what its Runnable is run with. */
export type PreparedSpec = {
  readonly compiled: Compiled
  readonly context: RunContext
  readonly extensions: readonly Extension[]
}

/** Reads and checks a spec; its warnings are told. What it takes is imported now: an artifact needs no YAML parser. */
export async function prepareSpec(file: string, options: RunSpecOptions): Promise<PreparedSpec> {
  const [{ compileSpec }, { openExtensions }, { formatProblem, readSpec }] = await Promise.all([
    import('../compile/index.ts'),
    import('../extension/index.ts'),
    import('../spec/index.ts'),
  ])
  const {
    overrides = [],
    force = false,
    verbose = false,
    debug = false,
    install = false,
    progress,
    signal,
    cacheDirectory,
  } = options
  const spec = await readSpec(file, { overrides })
  const directory = dirname(resolve(file))
  const secrets = await readSecrets(options.secrets)
  const opened = await openExtensions(spec.extensions, {
    directory,
    cacheDirectory,
    install,
    progress,
    signal,
  })
  const loadSaved: LoadSaved = (location, more) =>
    load(location, { ...more, cacheDirectory, progress, signal })
  const compiled = compileSpec(spec, { extensions: opened, builtins, directory, load: loadSaved })
  for (const problem of compiled.warnings) {
    progress({ type: 'warning', message: formatProblem(problem, { label: false }) })
  }
  const extensions = Object.fromEntries(opened.map(({ namespace, code }) => [namespace, code.location]))
  const content = spec.text
  return {
    compiled,
    extensions: opened,
    context: {
      force,
      verbose,
      debug,
      secrets,
      content,
      extensions,
      opened,
      directory,
      cacheDirectory,
      progress,
      signal,
    },
  }
}

/** The Runnable of a spec; with `docker`, the image of a component that the spec would export. */
async function makeRunnable(
  compiled: Compiled,
  { directory, docker = {} }: { readonly directory: string; readonly docker?: DockerOptions | undefined },
): Promise<object> {
  const { class: type, type: name } = compiled.definition
  if (type === DockerBuilder) return new DockerBuilder(parseDockerArguments(compiled.args), docker)
  if (!docker.docker) {
    refuseImageFlags(docker, name)
    const { instantiate } = await import('../compile/index.ts')
    return instantiate(compiled)
  }
  if (type === Builder) return new DockerBuilder(parseBuilderArguments(compiled.args, { directory }), docker)
  throw new FlambeError(
    'USAGE',
    `--docker makes images of what a !Builder builds, and the spec says !${name}`,
  )
}

function refuseImageFlags(docker: DockerOptions, name: string): void {
  const { tags, base, buildArgs, platform, output, push, labels, env, user, ...more } = docker
  const given = Object.entries({
    tag: tags,
    base,
    'build-arg': buildArgs,
    platform,
    output,
    push,
    label: labels,
    env,
    user,
    'dry-run': more.dryRun,
    'no-clobber': more.noClobber,
    pull: more.pull,
    offline: more.offline,
  }).find(([, value]) => value)
  if (!given) return
  throw new FlambeError('USAGE', `--${given[0]} is for images, and the spec says !${name}`, {
    hint: 'add --docker to make an image',
  })
}

async function readSecrets(secrets: RunSpecOptions['secrets']): Promise<Secrets> {
  if (!secrets) return { DEFAULT: {} }
  try {
    return parseSecrets(await readFile(secrets.file, 'utf8'), { file: secrets.file })
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' && secrets.optional) return { DEFAULT: {} }
    if (cause instanceof FlambeError) throw cause
    const isFolder = codeOf(cause) === 'EISDIR'
    throw new FlambeError('SECRETS_INVALID', `the secrets file ${secrets.file} cannot be read`, {
      cause,
      hint: isFolder
        ? 'it is a folder: name the file in it'
        : 'check the path, which starts at the folder that you are in, and that you may read the file',
    })
  }
}

function isRunnable(value: object): value is Runnable {
  return runnableBrand in value
}
