import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { importCompiled, mapUserModules } from '../artifact/index.ts'
import { isComponentClass, isRegistration, isRunnableClass } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { sha256 } from '../files/index.ts'
import type { Bundle } from './bundle.ts'
import type { Source } from './extension.ts'

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
  const text = `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(rooted(map, source)).toString('base64')}\n`
  const file = join(cacheDirectory, 'code', `${sha256(source.entry, text)}.mjs`)
  await mkdir(join(cacheDirectory, 'code'), { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  await writeFile(temporary, text)
  await rename(temporary, file)
  mapUserModules({ flambe })
  process.setSourceMapsEnabled(true)
  const exported = await importNamed(pathToFileURL(file).href, source)
  const names = Object.keys(exported)
  if (
    Object.values(exported).some(
      (value) => isComponentClass(value) || isRegistration(value) || isRunnableClass(value),
    )
  ) {
    return { ...exported }
  }
  throw new FlambeError(
    'EXTENSION_INVALID',
    `the extension "${source.namespace}" exports no Component and no Runnable`,
    {
      hint:
        names.length > 0 ? `${source.entry} exports ${names.join(', ')}` : `${source.entry} exports nothing`,
    },
  )
}

async function importNamed(
  url: string,
  { namespace, entry }: Source,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await importCompiled(url, { parent: pathToFileURL(entry).href })) as Readonly<
      Record<string, unknown>
    >
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError(
      'EXTENSION_INVALID',
      `the extension "${namespace}" threw while it was imported: ${reason}`,
      {
        cause,
        hint: `see ${firstPlace(cause) ?? entry}`,
      },
    )
  }
}

/** The user's file and line that a stack starts with. */
function firstPlace(error: unknown): string | undefined {
  if (!(error instanceof Error) || !error.stack) return undefined
  const place = /\(?((?:file:\/\/)?\/[^\s()]+:\d+:\d+)\)?/.exec(error.stack)?.[1]
  return place?.replace('file://', '')
}

/** The source map with the sources' real folder, so that stacks name the user's files. */
function rooted(map: string, { directory }: Source): string {
  return JSON.stringify({ ...(JSON.parse(map) as object), sourceRoot: `${pathToFileURL(directory).href}/` })
}
