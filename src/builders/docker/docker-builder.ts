import type { Platform } from '../../artifact/index.ts'
import { type RunContext, Runnable, type RunResult } from '../../component/index.ts'
import { closeAll } from '../../construct/index.ts'
import { HashCache } from '../../files/index.ts'
import { beginLayers, type ImagePlatform } from '../../image/index.ts'
import { resolveSettings } from '../../runtime/index.ts'
import { answers, buildComponent, draftComponent, mute } from '../component-draft.ts'
import { type BuiltImage, buildImage, wholeImage } from './build-image.ts'
import type { BuildImageOptions } from './build-image-options.ts'
import { type ChosenOutput, chooseOutput } from './choose-output.ts'
import { beginDelivery, deliverAll } from './deliver.ts'
import { type DraftForBase, draftForBase } from './draft-for-base.ts'
import { dryRun } from './dry-run.ts'
import { gitFacts } from './git-facts.ts'
import { rememberImages, reportImage } from './report.ts'
import { type DockerArguments, type DockerOptions, type DockerSettings, dockerSettings } from './settings.ts'

/**
 * Builds a component once, and makes an image that serves it; puts it into the engine, a file or registries. `run` gives the
 * reference (`repository@sha256:…` of a pushed one) and, as `details`, an `ImageReport`. What is wrong with the arguments is told by
 * `parse`, before anything is built. https://github.com/opencontainers/image-spec
 */
export class DockerBuilder extends Runnable {
  readonly #arguments: DockerArguments
  readonly #options: DockerOptions
  #output: ChosenOutput | undefined

  constructor(given: DockerArguments, options: DockerOptions = {}) {
    super()
    this.#arguments = given
    this.#options = options
  }

  /** Looks at names and settings, and at where the image goes, before anything is built. */
  override async parse(context: RunContext): Promise<void> {
    const settings = this.#settings(context)
    resolveSettings({ spec: settings.serve })
    if (settings.output || !settings.push) this.#output = await this.#chooseOutput(settings, context)
  }

  override async run(context: RunContext): Promise<RunResult> {
    const settings = this.#settings(context)
    const hashCache = await HashCache.open(context.cacheDirectory)
    const { environment = {}, home } = this.#options
    // The spec's folder, wherever the command is called.
    const { directory } = context
    // Before files by the thousand are in memory: the more there is, the longer it takes to start a process.
    const facts = gitFacts(directory, environment)
    const options = { ...context, ...this.#options, settings, environment, home, hashCache, facts, directory }
    const drafts = await this.#drafts(options, context)
    await using ahead = await beginLayers(
      [...drafts.values()].map(({ draft }) => draft),
      options,
    )
    const output = this.#output
    await using begun = this.#options.dryRun
      ? undefined
      : await beginDelivery(ahead.layers, { ...context, output })
    const built: BuiltImage[] = []
    for (const [platform, draft] of drafts)
      built.push(await buildImage(draft, { ...options, platform, ahead }))
    await hashCache.save()
    const delivery = { ...context, ...this.#options, ...settings, hashCache, output, begun }
    const key = `${context.directory} ${settings.name}`
    const report = { references: settings.references, cacheDirectory: context.cacheDirectory, key }
    if (this.#options.dryRun) return dryRun(built, { ...delivery, ...report })
    const receipts = await deliverAll(wholeImage(built), delivery)
    const details = await reportImage(built, { ...report, receipts })
    await rememberImages(built, report)
    return { result: details.reference, details }
  }

  /** What the artifact of each platform consists of: the component is built once. */
  async #drafts(
    options: Omit<BuildImageOptions, 'platform'>,
    context: RunContext,
  ): Promise<ReadonlyMap<ImagePlatform, DraftForBase>> {
    const { name, serve, platforms } = options.settings
    const component = await buildComponent(this.#arguments.component, context)
    if (!answers(component)) throw mute(this.#arguments.component.config.$type)
    const drafts = new Map<ImagePlatform, DraftForBase>()
    try {
      for (const platform of platforms) {
        const draftFor = (wanted: Platform) =>
          draftComponent(component, { name, platform: wanted, ...(serve && { serve }) }, context)
        drafts.set(platform, await draftForBase(draftFor, { ...options, platform }))
      }
    } finally {
      await closeAll(component)
    }
    return drafts
  }

  #settings({ directory }: RunContext): DockerSettings {
    return dockerSettings(this.#arguments, this.#options, { directory })
  }

  async #chooseOutput(
    { name, output, platforms }: DockerSettings,
    context: RunContext,
  ): Promise<ChosenOutput> {
    const { environment = {}, home, directory = context.directory } = this.#options
    return chooseOutput(output, {
      ...context,
      environment,
      home,
      directory,
      name,
      hasSeveral: platforms.length > 1,
    })
  }
}
