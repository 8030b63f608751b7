import { FlambeError } from '../errors.ts'

/**
 * Runs npm or git and gives its stdout.
 * @throws FlambeError `EXTENSION_FETCH_FAILED` with the tool's own reason, and without the `secret` of a URL.
 */
export async function runTool(
  tool: 'npm' | 'git',
  args: readonly string[],
  {
    directory,
    signal,
    secret = '',
  }: { readonly directory: string; readonly signal?: AbortSignal; readonly secret?: string },
): Promise<string> {
  const { execa, ExecaError } = await import('execa')
  try {
    const { stdout } = await execa(tool, args, {
      cwd: directory,
      stdin: 'ignore',
      // A prompt for a password would wait for ever.
      env: { GIT_TERMINAL_PROMPT: '0', npm_config_update_notifier: 'false' },
      ...(signal && { cancelSignal: signal }),
    })
    return stdout
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof ExecaError)) throw error
    const said = `${error.stderr || error.stdout || error.shortMessage}`.replaceAll(/\/\/[^@/\s]+@/g, '//')
    const reason = said
      .split('\n')
      .filter((line) => line.trim())
      .slice(0, 12)
      .join('\n')
    const shown = args.map((arg) => (arg === secret ? arg.replace(/\/\/[^@/]+@/, '//') : arg)).join(' ')
    if (error.code === 'ENOENT') {
      throw new FlambeError(
        'EXTENSION_FETCH_FAILED',
        `${tool} is not installed, and it is needed to fetch an extension`,
      )
    }
    // The cause would carry the whole command line, with what is secret in it.
    throw new FlambeError('EXTENSION_FETCH_FAILED', `${tool} ${shown.slice(0, 200)} failed:\n${reason}`)
  }
}
