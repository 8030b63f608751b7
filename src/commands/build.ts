import { Args, Flags } from '@oclif/core'
import { FlambeCommand, specFlags, specOptions } from '../cli/index.ts'

export default class Build extends FlambeCommand {
  static override summary = 'Build the component of a spec and export it.'
  static override description = 'Prints where the artifact is: a path, or an s3:// URL.'
  static override examples = [
    '<%= config.bin %> build spec.yaml',
    '<%= config.bin %> build spec.yaml --force --set component.threshold=0.7',
  ]
  static override args = {
    spec: Args.string({ description: 'YAML file that describes a Builder', required: true }),
  }
  static override flags = {
    ...specFlags,
    force: Flags.boolean({ char: 'f', description: 'replace an earlier artifact' }),
  }

  async run(): Promise<object | undefined> {
    const { args, flags, session } = await this.open(Build)
    const { runSpec } = await import('../builders/index.ts')
    const ran = await runSpec(args.spec, specOptions(flags, session))
    if (ran) this.output(ran.result)
    return ran?.details ?? ran
  }
}
