import { basename, resolve } from 'node:path'
import type { BuilderArguments } from '../builder.ts'
import type { DockerArguments } from './settings.ts'

type Checked = Readonly<Record<string, unknown>>

/** The arguments of `!DockerBuilder`; they have been checked against its parameters. */
export function parseDockerArguments(args: Checked): DockerArguments {
  return args as DockerArguments
}

/** The image of what a `!Builder` would export. */
export function parseBuilderArguments(args: Checked): DockerArguments {
  const { component, destination, name = basename(resolve(destination)), serve } = args as BuilderArguments
  return { component, name, ...(serve && { serve }) }
}
