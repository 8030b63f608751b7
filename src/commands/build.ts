import { Args, Flags } from '@oclif/core'
import type { ImageReport } from '../builders/index.ts'
import {
  dockerFlags,
  dockerOptions,
  FlambeCommand,
  specFlags,
  specOptions,
  writeMetadata,
} from '../cli/index.ts'

export default class Build extends FlambeCommand {
  static override summary = 'Build the component of a spec and export it, or make an image that serves it.'
  static override description =
    'Prints where the artifact is: a path, or an s3:// URL. With --docker, or of a !DockerBuilder, prints the reference of the image, ' +
    'so that docker run takes it: to the engine if one answers, else to an OCI layout.'
  static override examples = [
    '<%= config.bin %> build spec.yaml',
    '<%= config.bin %> build spec.yaml --force --set component.threshold=0.7',
    'docker run -p 8080:8080 $(<%= config.bin %> build --docker spec.yaml)',
    '<%= config.bin %> build --docker --base host --output engine.oci spec.yaml',
    '<%= config.bin %> build --docker --push --tag ghcr.io/me/engine:v1 spec.yaml',
  ]
  static override args = {
    spec: Args.string({
      description: 'YAML file that describes a Builder or a DockerBuilder',
      required: true,
    }),
  }
  static override flags = {
    ...specFlags,
    ...dockerFlags,
    force: Flags.boolean({ char: 'f', description: 'replace an earlier artifact' }),
  }

  async run(): Promise<object | undefined> {
    const { args, flags, session } = await this.open(Build)
    const { runSpec } = await import('../builders/index.ts')
    const docker = dockerOptions(flags, session)
    const ran = await runSpec(args.spec, { ...specOptions(flags, session), docker })
    if (!ran) return undefined
    if (flags['metadata-file']) await writeMetadata(flags['metadata-file'], ran.details ?? ran)
    if (isDryRun(ran.details, flags)) this.output(await this.#plan(ran.details))
    else {
      this.summarize(ran.details ?? {})
      this.output(ran.result)
    }
    return ran.details ?? ran
  }

  async #plan(report: ImageReport): Promise<string> {
    const { createStyle, formatImageReport, wantsColor } = await import('../cli/index.ts')
    return formatImageReport(report, createStyle(wantsColor(process.stdout)))
  }
}

function isDryRun(details: object | undefined, flags: { 'dry-run': boolean }): details is ImageReport {
  return flags['dry-run'] && details !== undefined && 'images' in details
}
