import { Args } from '@oclif/core'
import { FlambeCommand } from '../cli/index.ts'

export default class Inspect extends FlambeCommand {
  static override summary = 'Show what is in an artifact.'
  static override description =
    'Components with their versions and tensors, the schemas of what it answers, dependencies, and files with sizes. ' +
    'Reads the manifest and headers only, and runs none of its code.'
  static override examples = [
    '<%= config.bin %> inspect ./out/engine',
    '<%= config.bin %> inspect engine.tar.gz --json',
  ]
  static override args = {
    artifact: Args.string({ description: 'artifact folder, .tar.gz or URL', required: true }),
  }

  async run(): Promise<object> {
    const { args, session } = await this.open(Inspect)
    const [{ inspectArtifact }, { createStyle, formatInspection, wantsColor }] = await Promise.all([
      import('../builders/index.ts'),
      import('../cli/index.ts'),
    ])
    const inspection = await inspectArtifact(args.artifact, session)
    this.output(formatInspection(inspection, createStyle(wantsColor(process.stdout))))
    return inspection
  }
}
