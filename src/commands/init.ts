import { Args, Flags } from '@oclif/core'
import { FlambeCommand } from '../cli/index.ts'
import type { ProjectKind, ProjectLanguage } from '../scaffold/index.ts'

const kinds = {
  plain: 'plain code: a model of your own',
  onnx: 'a network in ONNX format',
  stream: 'answers that come piece by piece',
} as const satisfies Record<ProjectKind, string>

const languages = {
  typescript: 'TypeScript',
  javascript: 'JavaScript',
} as const satisfies Record<ProjectLanguage, string>

export default class Init extends FlambeCommand {
  static override summary = 'Start a project: a spec, a component, a test.'
  static override description =
    'Writes a project that builds, serves, tests and predicts as it stands. Asks for what no flag says, on a terminal. A package.json that is there is kept, and gets what it lacks.'
  static override examples = [
    '<%= config.bin %> init my-model --kind plain --language typescript',
    '<%= config.bin %> init digits --model ./digits.onnx',
  ]
  static override args = {
    directory: Args.string({ description: 'folder of the project', default: '.' }),
  }
  static override flags = {
    kind: Flags.option({
      options: ['plain', 'onnx', 'stream'] as const,
      description: 'what it starts from',
    })(),
    language: Flags.option({
      options: ['typescript', 'javascript'] as const,
      description: 'language of your code',
    })(),
    model: Flags.string({
      description: 'an .onnx file to start from (implies --kind onnx)',
      helpValue: 'FILE',
    }),
    force: Flags.boolean({ char: 'f', description: 'overwrite files that are there' }),
  }

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Init)
    const { createProject } = await import('../scaffold/index.ts')
    const kind = flags.kind ?? (flags.model ? 'onnx' : await choose('Start from', kinds, session))
    const language = flags.language ?? (await choose('Language', languages, session))
    const { model, force } = flags
    const files = await createProject(args.directory, { kind, language, force, ...(model && { model }) })
    this.output(args.directory)
    const enter = args.directory === '.' ? '' : `cd ${args.directory} && `
    this.tell(`${files.length} files written. Next: ${enter}npm install && npm run predict`)
    return { directory: args.directory, kind, language, files }
  }
}

/** Asks on a terminal; elsewhere takes the first. */
async function choose<const T extends string>(
  message: string,
  choices: Readonly<Record<T, string>>,
  { signal }: { readonly signal: AbortSignal },
): Promise<T> {
  const values = Object.keys(choices) as T[]
  const [first] = values
  if (first === undefined) throw new TypeError('there is nothing to choose from')
  if (!process.stdin.isTTY || !process.stderr.isTTY) return first
  const { default: select } = await import('@inquirer/select')
  return select(
    { message, choices: values.map((value) => ({ value, name: choices[value] })) },
    { signal, output: process.stderr },
  )
}
