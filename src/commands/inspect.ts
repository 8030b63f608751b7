import { Args } from '@oclif/core'
import { FlambeCommand, imageFlags, imageOptions } from '../cli/index.ts'
import { FlambeError } from '../errors.ts'

export default class Inspect extends FlambeCommand {
  static override summary = 'Show what is in an artifact or an image.'
  static override description =
    'Components with their versions and tensors, the schemas of what it answers, dependencies, and files with sizes; of an image also ' +
    'how it starts, its base and its layers. Runs none of its code. An image is looked for in the engine, then in its registry.'
  static override examples = [
    '<%= config.bin %> inspect ./out/engine',
    '<%= config.bin %> inspect engine.tar.gz --json',
    '<%= config.bin %> inspect ./engine.oci',
    '<%= config.bin %> inspect ghcr.io/me/engine:v1',
  ]
  static override args = {
    target: Args.string({
      description: 'artifact folder, .tar.gz or URL; OCI layout, image archive or reference',
      required: true,
    }),
  }
  static override flags = imageFlags

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Inspect)
    if (/\.ya?ml$/i.test(args.target)) {
      throw new FlambeError('USAGE', `${args.target} is a spec, and inspect shows what was built of one`, {
        hint: `flambe build ${args.target}, and inspect what it prints`,
      })
    }
    const { targetOf, inspectArtifact, inspectImage } = await import('../builders/index.ts')
    const { createStyle, formatImageInspection, formatInspection, wantsColor } = await import(
      '../cli/index.ts'
    )
    const style = createStyle(wantsColor(process.stdout))
    const kind = targetOf(args.target)
    if (kind === 'image' || kind === 'image-file') {
      const inspection = await inspectImage(args.target, kind, imageOptions(flags, session))
      this.output(formatImageInspection(inspection, style))
      return inspection
    }
    const inspection = await inspectArtifact(args.target, session)
    this.output(formatInspection(inspection, style))
    return inspection
  }
}
