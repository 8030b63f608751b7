import { stat } from 'node:fs/promises'
import { extname, isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FlambeError } from '../errors.ts'
import { type Compiled, type CompileRequest, describeProgram } from './describe-program.ts'
import { inputsOf, stillHold } from './inputs.ts'
import { formatNotice } from './notice.ts'
import { readAnswer, recordPath, writeAnswer } from './record.ts'
import type { ModuleDescription } from './types.ts'

export type DescribeOptions = {
  /** Absolute path of the extension's entry module: TypeScript, or JavaScript (with JSDoc types, if it has some). */
  readonly entry: string
  /** Only these exports, by name (`default` is one); by default all. */
  readonly exports?: readonly string[]
  /** Absolute path of what `import 'flambe'` means in the extension; by default this copy of flambe. */
  readonly flambe?: string
  /** Where answers are kept (in its folder `types`), so that only a changed type costs a run of the compiler. */
  readonly cacheDirectory?: string
  readonly signal?: AbortSignal
  /** The run of the compiler. */
  readonly compile?: typeof describeProgram
}

/**
 * Reads what the TypeScript (or JSDoc) types of a module's exported classes say: the constructor's and the factories'
 * arguments, and what `predict` takes and gives, as JSON Schema 2020-12. What has no form in it becomes "any", with a
 * notice. Type errors in the user's code are not reported. Abstract classes and other exports are left out.
 * @throws FlambeError EXTENSION_NOT_FOUND if there is no file at `entry`
 */
export async function describeModule({
  entry,
  exports,
  flambe = ownTypes(),
  cacheDirectory,
  signal,
  compile = describeProgram,
}: DescribeOptions): Promise<ModuleDescription> {
  if (!isAbsolute(entry))
    throw new TypeError(`\`entry\` must be an absolute path, not ${JSON.stringify(entry)}`)
  signal?.throwIfAborted()
  if (!(await isFile(entry))) throw new FlambeError('EXTENSION_NOT_FOUND', `There is no file at ${entry}`)
  const request: CompileRequest = { entry, flambe, ...(exports && { exports: [...exports].sort() }) }
  const path = cacheDirectory === undefined ? undefined : recordPath(cacheDirectory, request)
  const kept = path === undefined ? undefined : await readAnswer(path)
  const known = kept && (await stillHold(kept.inputs)) ? kept : undefined
  signal?.throwIfAborted()
  const { classes, notices } = known ?? (await compiled(request, { compile, path }))
  return { classes, notices: notices.map((one) => formatNotice(one, entry)) }
}

/** A failure of the compiler itself leaves the module as one without types. It is not kept: it may be a passing one. */
async function compiled(
  request: CompileRequest,
  { compile, path }: { compile: typeof describeProgram; path: string | undefined },
): Promise<Pick<Compiled, 'classes' | 'notices'>> {
  try {
    const { files, absent, classes, notices } = await compile(request)
    if (path !== undefined) {
      const inputs = await inputsOf({ files, absent, flambe: request.flambe })
      await writeAnswer(path, { inputs, classes, notices })
    }
    return { classes, notices }
  } catch (error) {
    const message = `its types cannot be read (${String(error)}); anything is accepted`
    return { classes: {}, notices: [{ message, file: request.entry, line: 1, source: '' }] }
  }
}

/** The built declarations of the public API, from the sources too: those would be read with all that they import. */
function ownTypes(): string {
  const fromRoot = extname(import.meta.url) === '.ts' ? '../../dist/index.d.ts' : '../index.d.ts'
  return fileURLToPath(new URL(fromRoot, import.meta.url))
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ?? false
}
