import { readFileSync } from 'node:fs'
import { Component } from 'flambe'

type Question = {
  /** 30 measurements, in the order of the data's header. @minItems 30 @maxItems 30 */
  features: number[]
  /** How many neighbours. @asType integer @minimum 1 @maximum 50 */
  count?: number
}

type Answer = {
  /** Row numbers in the data, the nearest first. */
  rows: number[]
  /** Of those rows, how many in 1 are malignant. */
  malignant: number
}

/** Finds the rows most like the given one. The table is read once for a whole batch of questions. */
export class NearestRows extends Component {
  static override readonly version = '1.0.0'
  readonly #table: readonly Float64Array[]
  readonly #malignant: readonly boolean[]
  readonly #scale: { readonly mean: Float64Array; readonly deviation: Float64Array }

  constructor({ data }: { /** A CSV file: 30 measurements a row, then the class. */ data: string }) {
    super()
    const [, ...lines] = readFileSync(data, 'utf8').trim().split('\n')
    const rows = lines.map((line) => line.trim().split(','))
    const raw = rows.map((cells) => Float64Array.from(cells.slice(0, -1), Number))
    this.#scale = scaleOf(raw)
    this.#table = raw.map((row) => this.#scaled(row))
    this.#malignant = rows.map((cells) => cells.at(-1) === 'malignant')
  }

  predict(question: Question): Answer {
    return this.predictBatch([question])[0] ?? { rows: [], malignant: 0 }
  }

  predictBatch(questions: Question[]): Answer[] {
    const wanted = questions.map(({ features }) => this.#scaled(Float64Array.from(features)))
    const distances = this.#table.map((row) => wanted.map((point) => distance(row, point)))
    return questions.map(({ count = 5 }, index) => {
      const far = (row: number) => distances[row]?.[index] ?? Number.POSITIVE_INFINITY
      const rows = [...distances.keys()].sort((a, b) => far(a) - far(b)).slice(0, count)
      const malignant = rows.filter((row) => this.#malignant[row]).length / rows.length
      return { rows, malignant }
    })
  }

  #scaled(row: Float64Array): Float64Array {
    const { mean, deviation } = this.#scale
    return row.map((value, column) => (value - (mean[column] ?? 0)) / (deviation[column] || 1))
  }
}

function scaleOf(rows: readonly Float64Array[]) {
  const mean = new Float64Array(rows[0]?.length ?? 0)
  const deviation = new Float64Array(mean.length)
  for (const column of mean.keys()) {
    const values = rows.map((row) => row[column] ?? 0)
    const average = values.reduce((sum, value) => sum + value, 0) / values.length
    mean[column] = average
    deviation[column] = Math.sqrt(
      values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length,
    )
  }
  return { mean, deviation }
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let column = 0; column < a.length; column++) sum += ((a[column] ?? 0) - (b[column] ?? 0)) ** 2
  return sum
}
