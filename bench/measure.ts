// What the benchmarks share: two commands in turn in one run, medians, and their ratio.
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'

export type Command = {
  readonly name: string
  readonly argv: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Runs before each measured run, unmeasured. */
  readonly before?: () => void | Promise<void>
}

export type Figures = { readonly seconds: number; readonly peakMegabytes: number; readonly stdout: string }

/** Runs the commands in turn, `runs` times after one warm-up; gives the median of each. */
export async function inTurn(
  commands: readonly Command[],
  { runs = 5, warmUp = 1 } = {},
): Promise<readonly Figures[]> {
  const all = commands.map((): Figures[] => [])
  for (let run = -warmUp; run < runs; run++) {
    for (const [index, command] of commands.entries()) {
      await command.before?.()
      const figures = await measure(command)
      if (run >= 0) all[index]?.push(figures)
    }
  }
  return all.map((figures) => ({
    seconds: median(figures.map(({ seconds }) => seconds)),
    peakMegabytes: Math.max(...figures.map(({ peakMegabytes }) => peakMegabytes)),
    stdout: figures.at(-1)?.stdout ?? '',
  }))
}

/** One run of one command. The peak memory is a Node process's own; 0 for other programs. */
export async function measure({ argv, cwd, env }: Command): Promise<Figures> {
  const [program = '', ...args] = argv
  const report = `data:text/javascript,process.on('exit',()=>process._rawDebug('maxrss='+process.resourceUsage().maxRSS))`
  const started = performance.now()
  const child = spawn(program, args, {
    ...(cwd && { cwd }),
    env: { ...process.env, NODE_OPTIONS: `--import=${report}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: string[] = []
  const stderr: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => stdout.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => stderr.push(text))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve)
  })
  const seconds = (performance.now() - started) / 1000
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}:\n${stderr.join('')}`)
  const peaks = [...stderr.join('').matchAll(/maxrss=(\d+)/g)].map(
    ([, kilobytes]) => Number(kilobytes) / 1024,
  )
  return { seconds, peakMegabytes: Math.max(0, ...peaks), stdout: stdout.join('') }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** One line of the report: what was measured, against what, and whether it keeps its limit. */
export function report(row: {
  readonly what: string
  readonly ours: number
  readonly peer?: number
  readonly limit: number
  readonly unit?: string
  /** True when more is better: then the limit is the least. */
  readonly atLeast?: boolean
}): void {
  const { what, ours, peer, limit, unit = 's', atLeast = false } = row
  const value = peer === undefined ? ours : ours / peer
  const kept = atLeast ? value >= limit : value <= limit
  const figures = peer === undefined ? '' : ` (${ours.toFixed(3)} ${unit} to ${peer.toFixed(3)} ${unit})`
  const bound = `${atLeast ? 'at least' : 'at most'} ${limit}${peer === undefined ? ` ${unit}` : '×'}`
  console.log(
    `${kept ? 'ok  ' : 'OVER'} ${what}: ${value.toFixed(2)}${peer === undefined ? ` ${unit}` : '×'}${figures}, ${bound}`,
  )
}
