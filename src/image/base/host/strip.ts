import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../../files/index.ts'
import type { Environment } from '../../registry/index.ts'

/**
 * A copy of a program in the folder `kept`, made where there is none, without what only debuggers read: a fifth of Node. Where there is no `strip`
 * on PATH, or it cannot, the program itself.
 */
export async function stripped(
  program: string,
  kept: string,
  { env, signal }: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  const target = join(kept, 'program')
  if (await stat(target).catch(() => undefined)) return target
  const { execa } = await import('execa')
  const unfinished = `${kept}.${randomUUID()}`
  const temporary = join(unfinished, 'program')
  try {
    await mkdir(unfinished, { recursive: true })
    await copyFile(program, temporary)
    await execa('strip', ['--strip-all', temporary], {
      env: { PATH: env['PATH'] },
      extendEnv: false,
      stdin: 'ignore',
      ...(signal && { cancelSignal: signal }),
    })
    // A folder takes the place of none that has something in it, where a file would: others may be packing the one that is there.
    await rename(unfinished, kept).catch(unlessThere)
    return target
  } catch {
    signal?.throwIfAborted()
    return program
  } finally {
    await rm(unfinished, { recursive: true, force: true }).catch(() => {})
  }
}

function unlessThere(error: unknown): void {
  if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
}
