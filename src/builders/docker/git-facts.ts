import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Environment } from '../../image/index.ts'

/** What git knows of a folder: nothing, where it is no repository or there is no git. */
export type GitFacts = {
  readonly revision?: string
  /** Of the commit: seconds since the epoch. */
  readonly time?: number
  /** URL of the repository, without credentials. */
  readonly source?: string
}

/** The commit that a folder is of, and where its repository is. */
export async function gitFacts(directory: string, env: Environment = {}): Promise<GitFacts> {
  const [commit, remote] = await Promise.all([
    git(['log', '-1', '--no-show-signature', '--format=%H %ct'], { directory, env }),
    git(['config', '--get', 'remote.origin.url'], { directory, env }),
  ])
  const [revision, time] = commit.split(' ')
  if (!revision || !/^[0-9a-f]{40,64}$/.test(revision)) return {}
  const source = webAddress(remote)
  return { revision, time: Number(time), ...(source && { source }) }
}

/**
 * The output of a git command, or nothing. Whose the repository is does not matter: it is only read, and what it says is the same
 * for every user.
 */
async function git(
  args: readonly string[],
  { directory, env }: { directory: string; env: Environment },
): Promise<string> {
  try {
    // Not through execa: importing it takes longer than the command.
    const options = { cwd: directory, env: { ...env, LC_ALL: 'C' } as NodeJS.ProcessEnv }
    const { stdout } = await promisify(execFile)('git', ['-c', 'safe.directory=*', ...args], options)
    return stdout.trim()
  } catch {
    return ''
  }
}

/** `git@github.com:me/app.git` and `https://user:secret@github.com/me/app` as `https://github.com/me/app`. */
export function webAddress(remote: string): string | undefined {
  const scp = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/)([^\s]+)$/.exec(remote)
  const text = scp ? `https://${scp[1]}/${scp[2]}` : remote.replace(/^(ssh|git):\/\//, 'https://')
  try {
    const url = new URL(text)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
    return `${url.protocol}//${scp || !/^(ssh|git):/.test(remote) ? url.host : url.hostname}${url.pathname.replace(/\.git\/?$/, '')}`
  } catch {
    return undefined
  }
}
