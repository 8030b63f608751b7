import { Args } from '@oclif/core'
import { createStyle, FlambeCommand, imageOptions, registryFlags, wantsColor } from '../cli/index.ts'
import { errorCodes } from '../errors.ts'

export default class Doctor extends FlambeCommand {
  static override summary = 'Look at what flambe needs of this machine, and say what to do.'
  static override description =
    'Node, cache folder, disk and engine; and the places that are named: whether s3://bucket can be listed, whether a ' +
    'repository of a registry can be pushed to. Ends with status 69 where something failed.'
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor s3://my-bucket/models ghcr.io/me/app',
  ]
  static override strict = false
  static override args = {
    places: Args.string({ description: 's3://bucket[/path], or HOST/REPOSITORY' }),
  }
  static override flags = registryFlags

  async run(): Promise<object> {
    const { argv, flags, session } = await this.open(Doctor)
    const { examine } = await import('../builders/index.ts')
    const options = { ...imageOptions(flags, session), node: process.version }
    const findings = await examine(argv.map(String), options)
    const { green, yellow, red, cyan } = createStyle(wantsColor(process.stdout))
    const marks = { ok: green('✓'), warning: yellow('!'), failed: red('✗') }
    for (const { name, state, says, hint } of findings) {
      this.output(`${marks[state]} ${name}: ${says}`)
      if (hint) this.output(`  ${cyan('hint')} ${hint}`)
    }
    if (findings.some(({ state }) => state === 'failed')) process.exitCode = errorCodes.UNAVAILABLE.exit
    return findings
  }
}
