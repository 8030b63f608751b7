import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlambeError } from '../errors.ts'
import { codeOf, copyHashed, fileFailure } from '../files/index.ts'
import { readOnnxInputs } from './onnx-inputs.ts'
import { packageJson } from './package-json.ts'

export const projectKinds = ['plain', 'onnx', 'stream'] as const
export const projectLanguages = ['typescript', 'javascript'] as const
export type ProjectKind = (typeof projectKinds)[number]
export type ProjectLanguage = (typeof projectLanguages)[number]

export type ProjectOptions = {
  readonly kind: ProjectKind
  readonly language: ProjectLanguage
  /** For `onnx`: a network to start from instead of the small one that is there. */
  readonly model?: string
  /** Overwrite files that are there. */
  readonly force?: boolean
}

/** Larger networks are not looked into for their inputs. */
const mostModelBytes = 512 * 2 ** 20

/**
 * Writes a project that builds, serves, tests and predicts as it stands. A package.json that is there is kept, and gets what it
 * lacks. Gives the files that were written, relative to the folder.
 * @throws FlambeError `DESTINATION_NOT_EMPTY` naming the files in the way, `SOURCE_INVALID` for a model that cannot be read.
 */
export async function createProject(directory: string, options: ProjectOptions): Promise<readonly string[]> {
  const name = nameOf(directory)
  const files = await filesOf(options, name)
  const target = join(directory, 'model.onnx')
  const model = options.model && resolve(options.model) !== resolve(target) ? options.model : undefined
  const paths = [...files.keys(), ...(model ? ['model.onnx'] : [])]
  if (!options.force) await assertFree(directory, paths)
  const manifest = await readOptional(join(directory, 'package.json'))
  await write(join(directory, 'package.json'), packageJson(manifest, { name, ...options }))
  for (const [path, content] of files) await write(join(directory, path), content)
  if (model) {
    await rm(target, { force: true })
    await copyHashed(model, target)
  }
  return [...paths, 'package.json'].sort()
}

async function filesOf(
  { kind, language, model }: ProjectOptions,
  name: string,
): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const templates = fileURLToPath(new URL('../../templates/init', import.meta.url))
  const files = new Map<string, string | Uint8Array>()
  for (const folder of ['common', kind, language, join(language, kind)]) {
    const from = join(templates, folder)
    for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
      const path = relative(from, join(entry.parentPath, entry.name))
      // `typescript/plain` is a folder of its own, not a part of `typescript`.
      const isOther = folder === language && projectKinds.some((one) => path.startsWith(one))
      if (entry.isFile() && !isOther) files.set(targetOf(path), await filled(join(from, path), name))
    }
  }
  if (!model) return files
  files.delete('model.onnx')
  return files.set('input.json', await exampleInput(model))
}

/** npm leaves files with such names and a dot out of a package. */
const targetOf = (path: string) => (path === 'gitignore' || path === 'npmrc' ? `.${path}` : path)

async function filled(file: string, name: string): Promise<string | Uint8Array> {
  const bytes = await readFile(file)
  return file.endsWith('.onnx') ? bytes : bytes.toString('utf8').replaceAll('{{name}}', name)
}

/** An input of zeros in the shapes that the network asks for. */
async function exampleInput(model: string): Promise<string> {
  const { size } = await stat(model).catch((cause) => {
    throw new FlambeError('SOURCE_INVALID', `the model ${model} cannot be read`, {
      cause,
      hint: 'give the path of a file in ONNX format',
    })
  })
  const inputs = size > mostModelBytes ? [] : readOnnxInputs(await readFile(model))
  if (inputs.length === 0 && size <= mostModelBytes) {
    throw new FlambeError(
      'SOURCE_INVALID',
      `the model ${model} is no network in ONNX format: no inputs are found in it`,
      {
        hint: 'give the path of an .onnx file, or start without --model',
      },
    )
  }
  const zeros = ([length, ...rest]: readonly number[]): unknown =>
    length === undefined ? 0 : Array.from({ length }, () => zeros(rest))
  const example = Object.fromEntries(inputs.map(({ name, dims }) => [name, zeros(dims)]))
  return `${JSON.stringify({ inputs: example })}\n`
}

async function assertFree(directory: string, paths: readonly string[]): Promise<void> {
  const taken: string[] = []
  for (const path of paths) if (await exists(join(directory, path))) taken.push(path)
  if (taken.length === 0) return
  throw new FlambeError('DESTINATION_NOT_EMPTY', `${directory} has ${taken.join(', ')} already`, {
    hint: 'pick another folder, or --force to overwrite them',
  })
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  } catch (error) {
    throw fileFailure(error, `writing ${path}`)
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw fileFailure(error, `reading ${path}`)
  })
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** The folder's name as a package, an artifact and an image can have it. */
function nameOf(directory: string): string {
  const name = basename(resolve(directory))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return name || 'component'
}
