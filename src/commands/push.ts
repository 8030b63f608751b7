import { Args, Flags } from '@oclif/core'
import { FlambeCommand, pushFlags, registryOptions, s3Options, s3WriteFlags } from '../cli/index.ts'
import { FlambeError } from '../errors.ts'

export default class Push extends FlambeCommand {
  static override summary = 'Push an artifact to S3, or an image to a registry.'
  static override description =
    'To s3:// goes an artifact; to a reference an image that lies in a file: an OCI layout (folder or .tar) or what docker save writes. What is ' +
    'there already is not sent again, and an interrupted push goes on where it stopped. Prints where it is now.'
  static override examples = [
    '<%= config.bin %> push ./out/engine s3://my-bucket/engine',
    '<%= config.bin %> push engine.tar.gz s3://my-bucket/engine --force',
    '<%= config.bin %> push ./out/engine s3://my-bucket/engine --endpoint http://localhost:9000 --acl private',
    '<%= config.bin %> push ./engine.oci ghcr.io/me/engine:v1 --tag latest',
  ]
  static override args = {
    source: Args.string({
      description: 'artifact (folder, .tar.gz or URL) or image (layout or archive)',
      required: true,
    }),
    destination: Args.string({ description: 's3://bucket/path, or a reference', required: true }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'replace an earlier artifact in S3' }),
    compress: Flags.boolean({ description: 'an artifact as one .tar.gz' }),
    ...pushFlags,
    ...s3WriteFlags,
  }

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Push)
    const { source, destination } = args
    const { copyArtifact, targetOf } = await import('../builders/index.ts')
    if (destination.startsWith('s3://')) {
      const { force, compress } = flags
      const options = { ...session, force, compress, s3: s3Options(flags), directory: process.cwd() }
      const { moved, ...copied } = await copyArtifact(source, destination, options)
      const result = { ...copied, bytesSent: moved.out }
      this.summarize(result)
      this.output(result.location)
      return result
    }
    const kind = targetOf(source)
    if (kind === 'spec') throw notAnImage(source, destination)
    if (kind === 'artifact' && !source.includes(':')) throw notAnImage(source, destination)
    const { pushFile } = await import('../image/index.ts')
    const receipt = await pushFile(source, destination, {
      ...registryOptions(flags, session),
      tags: flags.tag ?? [],
      noClobber: flags['no-clobber'],
    })
    this.summarize(receipt)
    this.output(receipt.reference)
    return receipt
  }
}

function notAnImage(source: string, destination: string): FlambeError {
  return new FlambeError('USAGE', `${source} is no image, and ${destination} names a place for images`, {
    hint: 'flambe build --docker --push makes an image of a spec; an artifact goes to s3://bucket/path',
  })
}
