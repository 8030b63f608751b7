import { Args } from '@oclif/core'
import { FlambeCommand, specFlags, specOptions } from '../cli/index.ts'

export default class Schema extends FlambeCommand {
  static override summary = 'Print a JSON Schema for a spec, by which editors complete and check it.'
  static override description =
    'With the classes of its extensions and their parameters. An editor finds it by the first line of the spec: ' +
    '# yaml-language-server: $schema=./spec.schema.json'
  static override examples = [
    '<%= config.bin %> schema spec.yaml > spec.schema.json',
    '<%= config.bin %> schema spec.yaml --install-extensions > spec.schema.json',
  ]
  static override args = {
    spec: Args.string({ description: 'YAML file', required: true }),
  }
  static override flags = specFlags

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Schema)
    const { describeSpec } = await import('../builders/index.ts')
    const schema = Object(await describeSpec(args.spec, specOptions(flags, session)))
    this.output(JSON.stringify(schema, null, 2))
    return schema
  }
}
