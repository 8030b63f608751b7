import { execFileSync } from 'node:child_process'

/** Makes a folder a repository with all of it committed at a fixed time; gives the commit. */
export function git(directory: string, { origin }: { readonly origin?: string }): string {
  const date = '1600000000 +0000'
  const identity = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@b',
  }
  const env = { ...process.env, ...identity, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }
  const run = (...args: string[]) =>
    execFileSync('git', args, { cwd: directory, env, encoding: 'utf8' }).trim()
  run('init', '--quiet', '--initial-branch', 'main')
  run('add', '--all')
  run('commit', '--quiet', '--allow-empty', '--message', 'all')
  if (origin !== undefined) run('remote', 'add', 'origin', origin)
  return run('rev-parse', 'HEAD')
}
