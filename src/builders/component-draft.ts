import { type Draft, type DraftCode, draftArtifact, type Manifest, type Platform } from '../artifact/index.ts'
import type { Blueprint, RunContext } from '../component/index.ts'
import { type ComponentObject, isComponent, makingOf } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { step } from '../progress.ts'

/** Builds what the blueprint describes, as one step. */
export async function buildComponent(
  blueprint: Blueprint,
  { progress, signal }: RunContext,
): Promise<ComponentObject> {
  return step(progress, { title: `build ${blueprint.config.$type}` }, async () => {
    const object = await blueprint.build({ signal })
    if (isComponent(object)) return object
    throw new FlambeError(
      'COMPONENT_INVALID',
      `${blueprint.config.$type} is no component, and a Builder builds components`,
    )
  })
}

/** True for a component that can be asked. A model alone need not be: it is part of others. */
export function answers({ predict, predictBatch }: ComponentObject): boolean {
  return predict !== undefined || predictBatch !== undefined
}

/** What to say of one that cannot. */
export function mute(type: string): FlambeError {
  return new FlambeError(
    'COMPONENT_INVALID',
    `${type} has neither predict nor predictBatch, so nothing can be asked of it`,
    {
      hint: 'give the class a method predict(input), and see that its name is spelled so',
    },
  )
}

export type ComponentDraftOptions = {
  readonly name: string
  readonly serve?: Manifest['serve']
  /** What packages' native files are for; this machine by default. */
  readonly platform?: Platform
}

/** What an artifact of the component consists of, with its code and the exact spec. */
export async function draftComponent(
  component: ComponentObject,
  { name, serve, platform }: ComponentDraftOptions,
  context: RunContext,
): Promise<Draft> {
  return draftArtifact(component, {
    name,
    code: await packCode(context, platform),
    spec: context.content,
    configText: await configText(component, context),
    ...(serve && { serve }),
  })
}

async function packCode(
  { opened }: RunContext,
  platform: Platform | undefined,
): Promise<ReadonlyMap<string, DraftCode>> {
  const options = platform && { platform }
  const packed = await Promise.all(
    opened.map(async ({ namespace, pack }) => [namespace, await pack(options)] as const),
  )
  return new Map(packed)
}

async function configText(component: ComponentObject, { extensions }: RunContext): Promise<string> {
  const { stringifyConfig } = await import('../spec/index.ts')
  const making = makingOf(component)
  return making ? stringifyConfig(making.config, { extensions }) : ''
}
