import { randomUUID } from 'node:crypto'
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Environment } from '../../registry/index.ts'

/**
 * A copy of a program at `target` without what only debuggers read, which is a fifth of Node. False where there is no `strip` on PATH, or it cannot:
 * then the program goes as it is.
 */
export async function stripped(
  program: string,
  target: string,
  { env, signal }: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  if (await stat(target).catch(() => undefined)) return true
  const { execa } = await import('execa')
  const temporary = `${target}.${randomUUID()}`
  try {
    await mkdir(dirname(target), { recursive: true })
    await copyFile(program, temporary)
    await execa('strip', ['--strip-all', temporary], {
      env: { PATH: env['PATH'] },
      extendEnv: false,
      stdin: 'ignore',
      ...(signal && { cancelSignal: signal }),
    })
    await rename(temporary, target)
    return true
  } catch {
    signal?.throwIfAborted()
    return false
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
  }
}
