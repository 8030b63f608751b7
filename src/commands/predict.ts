import { Args, Flags } from '@oclif/core'
import {
  FlambeCommand,
  imageFlags,
  imageOptions,
  readInputs,
  type Session,
  specFlags,
  specOptions,
} from '../cli/index.ts'

export default class Predict extends FlambeCommand {
  static override summary = 'Ask a component for an answer, once or row by row.'
  static override description =
    'One JSON value in gives one JSON value out. Rows of JSON (NDJSON) in give one line out for each, in their order; ' +
    'a row that fails gives a line {"error": …}, and the command then ends with status 22. An image runs in a container of the engine meanwhile.'
  static override examples = [
    `<%= config.bin %> predict ./out/engine --input '{"features": [1, 2, 3]}'`,
    '<%= config.bin %> predict spec.yaml --input - < rows.ndjson',
    '<%= config.bin %> predict ghcr.io/me/engine:v1 --input row.json',
  ]
  static override args = {
    target: Args.string({
      description: 'spec (.yaml); artifact folder, .tar.gz or URL; image',
      required: true,
    }),
  }
  static override flags = {
    ...specFlags,
    ...imageFlags,
    input: Flags.string({
      description: 'JSON text, a file, or - for stdin',
      helpValue: "FILE|-|'{json}'",
      default: '-',
    }),
  }

  async run(): Promise<unknown> {
    const { args, flags, session } = await this.open(Predict)
    const [inputs, { openImagePredictor, openPredictor, targetOf }] = await Promise.all([
      readInputs(flags.input, { stdin: process.stdin }),
      import('../builders/index.ts'),
    ])
    const kind = targetOf(args.target)
    const { answer, close } =
      kind === 'image' || kind === 'image-file'
        ? await openImagePredictor(args.target, kind, imageOptions(flags, session))
        : await openPredictor(args.target, specOptions(flags, session))
    try {
      return await this.#answerAll(inputs, answer, session)
    } finally {
      await close()
    }
  }

  async #answerAll(
    { many, rows }: Awaited<ReturnType<typeof readInputs>>,
    answer: (input: unknown) => Promise<unknown>,
    { signal }: Session,
  ): Promise<unknown> {
    const answers: unknown[] = []
    for await (const row of rows) {
      signal.throwIfAborted()
      if (!many && 'value' in row) {
        const single = await answer(row.value)
        this.output(JSON.stringify(single))
        return single
      }
      const result = await this.#settle(row, answer)
      if (result.failed) process.exitCode = 22
      if (this.jsonEnabled()) answers.push(result.value)
      else this.output(JSON.stringify(result.value))
    }
    return answers
  }

  /** The answer of one row, or its failure in the answer's place. */
  async #settle(
    row: { readonly value: unknown } | { readonly error: Error },
    answer: (input: unknown) => Promise<unknown>,
  ): Promise<{ value: unknown; failed: boolean }> {
    try {
      if ('error' in row) throw row.error
      return { value: await answer(row.value), failed: false }
    } catch (error) {
      return { value: await this.failureJson(error), failed: true }
    }
  }
}
