import { basename, resolve } from 'node:path'
import type { BuilderArguments } from '../builder.ts'
import type { DockerArguments } from './settings.ts'

type Checked = Readonly<Record<string, unknown>>

/** The arguments of `!DockerBuilder`; they have been checked against its parameters. */
export function parseDockerArguments(args: Checked): DockerArguments {
  return args as DockerArguments
}

/** The image of what a `!Builder` in a spec of this folder would export. */
export function parseBuilderArguments(
  args: Checked,
  { directory }: { readonly directory: string },
): DockerArguments {
  const { component, destination, serve, ...given } = args as BuilderArguments
  const { name = basename(resolve(directory, destination)) } = given
  return { component, name, ...(serve && { serve }) }
}
