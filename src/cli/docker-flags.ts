import { homedir } from 'node:os'
import { Flags } from '@oclif/core'
import type { DockerOptions } from '../builders/index.ts'
import type { Session } from './command.ts'
import { noClobberFlag, registryFlags, registryOptions } from './registry-flags.ts'

const helpGroup = 'IMAGE'
const many = { multiple: true, multipleNonGreedy: true } as const

/** The flags of a build that makes an image. */
export const dockerFlags = {
  docker: Flags.boolean({
    description: 'make an image that serves the component, of a !Builder too',
    helpGroup,
  }),
  tag: Flags.string({
    char: 't',
    description: 'name and tag of the image',
    helpValue: 'NAME:TAG',
    helpGroup,
    ...many,
  }),
  base: Flags.string({
    description:
      'what the image is put on: a reference, host, oci:DIR, docker-archive:FILE or dockerfile:PATH',
    helpGroup,
  }),
  'build-arg': Flags.string({
    description: 'a build argument of a base that is built (dockerfile:PATH)',
    helpValue: 'NAME=VALUE',
    helpGroup,
    ...many,
  }),
  platform: Flags.string({
    description: 'linux/amd64, linux/arm64, or both with a comma between',
    helpGroup,
  }),
  output: Flags.string({
    char: 'o',
    description: 'a folder for an OCI layout, FILE.tar, or docker for the engine',
    helpGroup,
  }),
  push: Flags.boolean({ description: 'push it to the registries of its names', helpGroup }),
  label: Flags.string({ description: 'a label', helpValue: 'NAME=VALUE', helpGroup, ...many }),
  env: Flags.string({
    description: 'an environment variable of its containers',
    helpValue: 'NAME=VALUE',
    helpGroup,
    ...many,
  }),
  user: Flags.string({ description: 'user that its containers run as', helpValue: 'UID[:GID]', helpGroup }),
  'dry-run': Flags.boolean({
    description: 'show the layers and what would be sent, and send nothing',
    helpGroup,
  }),
  'metadata-file': Flags.string({
    description: 'write what was made to a file, as --json shows it',
    helpValue: 'FILE',
    helpGroup,
  }),
  pull: Flags.boolean({ description: 'ask what the tag of the base is now', helpGroup: 'REGISTRY' }),
  offline: Flags.boolean({
    description: 'take the base from the cache alone',
    helpGroup: 'REGISTRY',
    exclusive: ['pull'],
  }),
  'no-clobber': noClobberFlag,
  ...registryFlags,
}

type Given = {
  readonly docker?: boolean
  readonly tag?: readonly string[] | undefined
  readonly base?: string | undefined
  readonly 'build-arg'?: readonly string[] | undefined
  readonly platform?: string | undefined
  readonly output?: string | undefined
  readonly push?: boolean
  readonly label?: readonly string[] | undefined
  readonly env?: readonly string[] | undefined
  readonly user?: string | undefined
  readonly 'dry-run'?: boolean
  readonly 'no-clobber'?: boolean
  readonly pull?: boolean
  readonly offline?: boolean
  readonly insecure?: boolean
  readonly 'ca-file'?: string | undefined
}

/** The flags, and what of the process an image build may look at. */
export function dockerOptions(flags: Given, session: Session): DockerOptions {
  const { docker = false, tag, base, platform, output, push, label, env, user } = flags
  const { login, insecure, caFile } = registryOptions(flags, session)
  return {
    docker,
    ...(tag && { tags: tag }),
    ...(base !== undefined && { base }),
    ...(flags['build-arg'] && { buildArgs: flags['build-arg'] }),
    ...(platform !== undefined && { platform }),
    ...(output !== undefined && { output }),
    ...(push && { push }),
    ...(label && { labels: label }),
    ...(env && { env }),
    ...(user !== undefined && { user }),
    dryRun: flags['dry-run'] ?? false,
    noClobber: flags['no-clobber'] ?? false,
    pull: flags.pull ?? false,
    offline: flags.offline ?? false,
    directory: process.cwd(),
    environment: process.env,
    home: homedir(),
    registry: {
      ...(login && { login }),
      ...(insecure && { insecure }),
      ...(caFile !== undefined && { caFile }),
    },
  }
}
