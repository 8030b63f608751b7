import type { ImagePlatform, Layer } from '../image.ts'
import type { ContainerConfig } from '../plan/image-plan.ts'
import type { BaseConfig, HistoryEntry } from './base-config.ts'

const second = 1_000_000_000

/** Docker's alone (Kubernetes has its own probes). Generous at the start, when models are loaded. In nanoseconds. */
const healthTimes = { Interval: 10 * second, Timeout: 5 * second, StartPeriod: 120 * second, Retries: 3 }

type Parts = {
  readonly base: BaseConfig
  /** All, bottom first. */
  readonly layers: readonly Layer[]
  /** Those on the base. */
  readonly own: readonly Layer[]
  readonly config: ContainerConfig
  readonly platform: ImagePlatform
  readonly created: string
}

/** The config of an image: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
export function imageConfig({ base, layers, own, config, platform, created }: Parts): object {
  return {
    ...platform,
    created,
    config: {
      User: config.user,
      Env: mergeEnv(base.env, config.env),
      Entrypoint: config.entrypoint,
      WorkingDir: config.workdir,
      ExposedPorts: Object.fromEntries(config.ports.map((port) => [`${port}/tcp`, {}])),
      StopSignal: config.stopSignal,
      Healthcheck: { Test: config.healthcheck, ...healthTimes },
      Labels: { ...inherited(base.labels), ...config.labels },
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: [
      ...base.history,
      ...own.map(
        ({ title, annotations }): HistoryEntry => ({
          created,
          created_by: 'flambe build --docker',
          comment: annotations?.['dev.flambe.layer'] ?? title,
        }),
      ),
    ],
  }
}

function mergeEnv(base: readonly string[], own: { readonly [name: string]: string }): string[] {
  const kept = base.filter((line) => !Object.hasOwn(own, line.slice(0, line.indexOf('='))))
  return [...kept, ...Object.entries(own).map(([name, value]) => `${name}=${value}`)]
}

/** What the base says of itself (its title, its version) is not true of us. */
function inherited(labels: BaseConfig['labels']): BaseConfig['labels'] {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) => !name.startsWith('org.opencontainers.image.')),
  )
}
