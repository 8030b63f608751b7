import { Component, type PredictContext } from 'flambe'

type Embedding = { readonly embedding: number[] }

/** Says how alike two texts are, by the embeddings that an HTTP API gives. Its key comes from the environment. */
export class TextSimilarity extends Component {
  static override readonly version = '1.0.0'
  readonly #url: string
  readonly #keyVariable: string
  #key = ''

  constructor({
    url,
    keyVariable = 'EMBEDDINGS_API_KEY',
  }: {
    /** Where the API is. @format uri */ url: string /** The environment variable that holds the key. */
    keyVariable?: string
  }) {
    super()
    this.#url = url
    this.#keyVariable = keyVariable
  }

  /** Read where it runs, never where it is built: so the key is in no artifact and in no image. */
  override setup(): void {
    const key = process.env[this.#keyVariable]
    if (!key) throw new Error(`set ${this.#keyVariable} to the key of ${this.#url}`)
    this.#key = key
  }

  /** The cosine of the angle between the two texts' embeddings: 1 for the same direction. */
  async predict(
    { a, b }: { a: string; b: string },
    { signal }: PredictContext,
  ): Promise<{ similarity: number }> {
    const [first = [], second = []] = await this.#embed([a, b], signal)
    return { similarity: dot(first, second) / Math.sqrt(dot(first, first) * dot(second, second)) }
  }

  async #embed(input: readonly string[], signal: AbortSignal): Promise<number[][]> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#key}` },
      body: JSON.stringify({ input }),
      signal,
    })
    if (!response.ok) throw new Error(`${this.#url} answered ${response.status}`)
    const { data } = (await response.json()) as { data: Embedding[] }
    return data.map(({ embedding }) => embedding)
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)
}
