import { Args } from '@oclif/core'
import { FlambeCommand, pushFlags, registryOptions } from '../cli/index.ts'

export default class Copy extends FlambeCommand {
  static override summary = 'Copy an image from one registry reference to another.'
  static override description =
    'Byte by byte the same, with all platforms of an index. Within a registry its layers are mounted, not sent. Prints REPOSITORY@sha256:….'
  static override examples = [
    '<%= config.bin %> copy ghcr.io/me/app:v1 ghcr.io/me/app:stable',
    '<%= config.bin %> copy ghcr.io/me/app:v1 localhost:5000/app --tag v1 --tag latest',
  ]
  static override args = {
    from: Args.string({ description: 'reference of the image', required: true }),
    to: Args.string({ description: 'reference to copy it to', required: true }),
  }
  static override flags = pushFlags

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Copy)
    const { copyImage } = await import('../image/index.ts')
    const receipt = await copyImage(args.from, args.to, {
      ...registryOptions(flags, session),
      tags: flags.tag ?? [],
      noClobber: flags['no-clobber'],
    })
    this.summarize(receipt)
    this.output(receipt.reference)
    return receipt
  }
}
