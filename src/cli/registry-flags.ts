import { homedir } from 'node:os'
import { Flags } from '@oclif/core'
import { FlambeError } from '../errors.ts'
import type { Login, RegistryOptions } from '../image/index.ts'
import type { Session } from './command.ts'

/** The flags of every command that talks to a registry. */
export const registryFlags = {
  insecure: Flags.boolean({
    description: 'accept any certificate, and plain http where the registry speaks no https',
    helpGroup: 'REGISTRY',
  }),
  'ca-file': Flags.string({
    description: 'PEM file of certificates to trust besides the usual ones',
    helpValue: 'FILE',
    helpGroup: 'REGISTRY',
  }),
}

/** The flags of every command that looks at an image. */
export const imageFlags = {
  platform: Flags.string({
    description: 'which image of several: linux/amd64, linux/arm64',
    helpGroup: 'IMAGE',
  }),
  ...registryFlags,
}

export const noClobberFlag = Flags.boolean({
  description: 'refuse to move a tag that points to something else',
  helpGroup: 'REGISTRY',
})

/** The flags of every command that gives an image a name in a registry. */
export const pushFlags = {
  ...registryFlags,
  tag: Flags.string({
    description: 'a further tag in the same repository',
    char: 't',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'REGISTRY',
  }),
  'no-clobber': noClobberFlag,
}

type RegistryFlags = {
  readonly insecure?: boolean | undefined
  readonly 'ca-file'?: string | undefined
}

/** How to reach a registry: the flags, with the login and all else that the environment says. */
export function registryOptions(
  flags: RegistryFlags,
  { cacheDirectory, progress, signal }: Session,
): RegistryOptions & { readonly cacheDirectory: string } {
  const { insecure = false, 'ca-file': caFile } = flags
  const login = loginFromEnvironment()
  return {
    insecure,
    ...(caFile !== undefined && { caFile }),
    ...(login && { login }),
    env: process.env,
    home: homedir(),
    cacheDirectory,
    progress,
    signal,
  }
}

function loginFromEnvironment(): Login | undefined {
  const { FLAMBE_REGISTRY_USER: username, FLAMBE_REGISTRY_PASSWORD: password } = process.env
  if (!username && !password) return undefined
  if (username && password) return { username, password }
  const [set, missing] = username ? ['USER', 'PASSWORD'] : ['PASSWORD', 'USER']
  throw new FlambeError('USAGE', `FLAMBE_REGISTRY_${set} is set, and FLAMBE_REGISTRY_${missing} is not`, {
    hint: 'set both, or neither to use the logins of docker and podman',
  })
}
