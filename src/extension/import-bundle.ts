import { SourceMap } from 'node:module'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { importCompiled, mapUserModules } from '../artifact/index.ts'
import {
  extendsComponent,
  isComponentClass,
  isPlainClass,
  isRegistration,
  isRunnableClass,
} from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { fileFailure, sha256, writeWhole } from '../files/index.ts'
import type { Bundle } from './bundle.ts'
import type { Source } from './extension.ts'
import { placedAt } from './module-place.ts'

/**
 * Imports a compiled extension. It runs from the cache, named by its content, so that each version of the code
 * is a module of its own; its packages are found as if it stood where its source is.
 * @throws FlambeError `EXTENSION_INVALID` where it throws, or exports nothing that a spec can name.
 */
export async function importBundle(
  { code, map }: Bundle,
  source: Source,
  { cacheDirectory, flambe }: { readonly cacheDirectory: string; readonly flambe?: string | undefined },
): Promise<Readonly<Record<string, unknown>>> {
  const text = `${placedAt(code, source.directory)}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(rooted(map, source)).toString('base64')}\n`
  const file = join(cacheDirectory, 'code', `${sha256(source.entry, text)}.mjs`)
  await keep(file, text, { cacheDirectory })
  mapUserModules({ flambe: flambe ?? wholeApi() })
  process.setSourceMapsEnabled(true)
  const exported = await importNamed(file, { map, source })
  if (
    Object.values(exported).some(
      (value) => isComponentClass(value) || isRegistration(value) || isRunnableClass(value),
    )
  ) {
    return exported
  }
  throw new FlambeError(
    'EXTENSION_INVALID',
    `the extension "${source.namespace}" exports no Component and no Runnable`,
    { hint: whatItExports(exported, source) },
  )
}

function whatItExports(exported: Readonly<Record<string, unknown>>, { entry }: Source): string {
  const names = Object.keys(exported)
  if (names.length === 0) return `${entry} exports nothing: write "export class … extends Component"`
  const plain = names.find((name) => isPlainClass(exported[name]))
  const exports = `${entry} exports ${names.join(', ')}`
  if (plain === undefined) return `${exports}: a component is a class that extends Component`
  return `${exports}, and ${plain} is a class that does not extend Component: write ${extendsComponent(plain)}`
}

async function importNamed(
  file: string,
  { map, source: { namespace, entry, directory } }: { readonly map: string; readonly source: Source },
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importCompiled(pathToFileURL(file).href, { parent: pathToFileURL(entry).href })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError(
      'EXTENSION_INVALID',
      `the extension "${namespace}" threw while it was imported: ${reason}`,
      {
        cause,
        hint: `see ${placeOf(cause, { file, map, directory }) ?? entry}`,
      },
    )
  }
}

async function keep(file: string, text: string, { cacheDirectory }: { readonly cacheDirectory: string }) {
  try {
    await writeWhole(file, text)
  } catch (error) {
    const { code, message, cause } = fileFailure(error, `writing into the cache folder ${cacheDirectory}`)
    throw new FlambeError(code, message, {
      cause,
      hint: 'mend its owner and mode, or name another with FLAMBE_CACHE_DIR; flambe doctor looks at it',
    })
  }
}

/** The whole public API: a Runnable of the user may build on a Builder. */
function wholeApi(): string {
  return new URL(`../index${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href
}

/** The user's file and line where the stack enters the compiled code, whether the stack is mapped already or not. */
function placeOf(
  error: unknown,
  { file, map, directory }: { file: string; map: string; directory: string },
): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const compiled = new RegExp(`${basename(file).replace('.', '\\.')}:(\\d+):(\\d+)`).exec(stack)
  if (!compiled) return /((?:file:\/\/)?\/[^\s()]+:\d+:\d+)/.exec(stack)?.[1]?.replace('file://', '')
  const entry = new SourceMap(JSON.parse(map)).findEntry(Number(compiled[1]) - 1, Number(compiled[2]) - 1)
  return 'originalSource' in entry
    ? `${join(directory, entry.originalSource)}:${entry.originalLine + 1}`
    : undefined
}

/** The source map with the sources' real folder, so that stacks name the user's files. */
function rooted(map: string, { directory }: Source): string {
  return JSON.stringify({ ...(JSON.parse(map) as object), sourceRoot: `${pathToFileURL(directory).href}/` })
}
