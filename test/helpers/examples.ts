import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

export const examplesDirectory = new URL('../../examples/', import.meta.url).pathname

export type Sample = { readonly [key: string]: unknown }

/** Examples with a trained model, and how far an answer is from what training said of a sample row. */
export const trainedExamples = [
  {
    name: 'breast-cancer',
    mostBytes: 2e6,
    input: ({ features }: Sample) => ({ features }),
    difference: (answer: Sample, sample: Sample) =>
      Math.abs(Number(answer['POSITIVE']) - Number(sample['POSITIVE'])),
  },
  {
    name: 'digits-onnx',
    mostBytes: 30e6,
    input: ({ image }: Sample) => ({ image }),
    difference: (answer: Sample, sample: Sample) => {
      const [found, expected] = [answer, sample].map(({ probabilities }) => probabilities as number[])
      return Math.max(...(expected ?? []).map((one, index) => Math.abs(one - (found?.[index] ?? 9))))
    },
  },
] as const

export type TrainedExample = (typeof trainedExamples)[number]

/** The sample rows of an example are answered over HTTP as training said. */
export async function expectSamples({ name, input, difference }: TrainedExample, url: string): Promise<void> {
  const file = join(examplesDirectory, name, 'data', `${name.replace('-onnx', '')}-samples.json`)
  const samples: Sample[] = JSON.parse(readFileSync(file, 'utf8'))
  for (const sample of samples.slice(0, 20)) {
    const answer = await fetch(`${url}/predict`, {
      method: 'POST',
      body: JSON.stringify(input(sample)),
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(200)
    expect(difference((await answer.json()) as Sample, sample)).toBeLessThan(1e-5)
  }
}
