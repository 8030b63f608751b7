import { FlambeError } from '../errors.ts'
import { version } from '../version.ts'
import type { ProjectOptions } from './create-project.ts'

type Section = Readonly<Record<string, string>>
type PackageJson = {
  readonly scripts?: Section
  readonly dependencies?: Section
  readonly devDependencies?: Section
}

const scripts: Section = {
  predict: 'flambe predict spec.yaml --input input.json',
  serve: 'flambe serve spec.yaml --watch',
  build: 'flambe build --force spec.yaml',
  image: 'flambe build --docker spec.yaml',
  test: 'node --test',
  // After each installation: what editors complete the spec by.
  prepare: 'flambe schema spec.yaml > spec.schema.json',
}

/** The package.json of a project: what is there already stays, what is missing is added. */
export function packageJson(
  present: string | undefined,
  { name, kind, language }: Pick<ProjectOptions, 'kind' | 'language'> & { readonly name: string },
): string {
  const known = parse(present)
  const isTyped = language === 'typescript'
  const made = {
    ...(present === undefined && { name, version: '0.1.0', private: true, type: 'module' }),
    ...known,
    type: 'module',
    scripts: {
      ...scripts,
      ...(isTyped && { check: 'tsc' }),
      // What `npm init` writes is no test of anybody's.
      ...withoutPlaceholder(known.scripts),
    },
    dependencies: {
      flambe: `^${version}`,
      ...(kind === 'onnx' && { 'onnxruntime-node': '^1.30.0' }),
      ...known.dependencies,
    },
    ...(isTyped && {
      devDependencies: { typescript: '^5.9.0', '@types/node': '^24.0.0', ...known.devDependencies },
    }),
  }
  return `${JSON.stringify(made, null, 2)}\n`
}

function parse(text: string | undefined): PackageJson {
  try {
    return JSON.parse(text ?? '{}') as PackageJson
  } catch (cause) {
    throw new FlambeError('DESTINATION_INVALID', 'the package.json that is there does not parse as JSON', {
      cause,
      hint: 'mend it, or remove it',
    })
  }
}

function withoutPlaceholder(known: Section = {}): Section {
  return Object.fromEntries(
    Object.entries(known).filter(([, command]) => !command.includes('no test specified')),
  )
}
