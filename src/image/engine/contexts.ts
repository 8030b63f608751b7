import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FlambeError } from '../../errors.ts'
import { sha256 } from '../../files/index.ts'
import { type TlsFiles, tlsFiles } from './tls-files.ts'

export type Context = { readonly name: string; readonly host: string; readonly tls?: TlsFiles }

/**
 * The docker context in use, as `docker context use` or `DOCKER_CONTEXT` chose it; undefined for the default one. A context lies in
 * `contexts/meta/<sha256 of its name>/meta.json`: https://github.com/docker/cli/blob/v28.2.2/cli/context/store/store.go
 */
export async function currentContext(
  folder: string,
  chosen: string | undefined,
): Promise<Context | undefined> {
  const name = chosen || (await configuredContext(folder))
  if (!name || name === 'default') return undefined
  const id = sha256(name)
  const meta = parseMeta(await readJson(join(folder, 'contexts', 'meta', id, 'meta.json')))
  if (!meta) {
    throw new FlambeError('USAGE', `the docker context "${name}" is not in ${join(folder, 'contexts')}`, {
      hint: '`docker context ls` lists those that are; DOCKER_CONTEXT or `docker context use` chooses one',
    })
  }
  const { host, skipVerify } = meta
  const tls = tlsFiles(join(folder, 'contexts', 'tls', id, 'docker'), { skipVerify })
  return { name, host, ...((skipVerify || existsSync(tls.ca)) && { tls }) }
}

async function configuredContext(folder: string): Promise<string | undefined> {
  const { currentContext: name } = ((await readJson(join(folder, 'config.json'))) ?? {}) as {
    currentContext?: unknown
  }
  return typeof name === 'string' ? name : undefined
}

function parseMeta(value: unknown): { readonly host: string; readonly skipVerify: boolean } | undefined {
  const { Endpoints } = (value ?? {}) as {
    Endpoints?: { docker?: { Host?: unknown; SkipTLSVerify?: unknown } }
  }
  const host = Endpoints?.docker?.Host
  return typeof host === 'string'
    ? { host, skipVerify: Endpoints?.docker?.SkipTLSVerify === true }
    : undefined
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}
