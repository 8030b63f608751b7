import { Args, Flags } from '@oclif/core'
import { dockerOptions, FlambeCommand, specFlags, specOptions } from '../cli/index.ts'

export default class Run extends FlambeCommand {
  static override summary = 'Run the Runnable of a spec, whatever it is.'
  static override description = '"flambe spec.yaml" is short for "flambe run spec.yaml".'
  static override examples = ['<%= config.bin %> run spec.yaml', '<%= config.bin %> spec.yaml --force']
  static override args = {
    spec: Args.string({ description: 'YAML file that describes a Runnable', required: true }),
  }
  static override flags = {
    ...specFlags,
    force: Flags.boolean({ char: 'f', description: 'replace what is there' }),
  }

  async run(): Promise<object | undefined> {
    const { args, flags, session } = await this.open(Run)
    const { runSpec } = await import('../builders/index.ts')
    const ran = await runSpec(args.spec, {
      ...specOptions(flags, session),
      docker: dockerOptions({}, session),
    })
    if (ran) this.output(ran.result)
    session.progress({ type: 'notice', message: 'Done' })
    return ran?.details ?? ran
  }
}
