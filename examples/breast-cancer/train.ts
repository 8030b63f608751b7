// Trains a BinaryClassifier on the Wisconsin data, says how good it is on rows that it has not seen, and saves it:
//   node train.ts [folder]        (default: out/model)
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BinaryClassifier } from './ext/index.ts'

type Row = { readonly features: readonly number[]; readonly positive: boolean }

const target = process.argv[2] ?? join(import.meta.dirname, 'out', 'model')
const rows = readRows(join(import.meta.dirname, 'data', 'breast-cancer-wisconsin.csv'))
const heldOut = rows.filter((_, index) => index % 5 === 0)
const model = train(
  rows.filter((_, index) => index % 5 !== 0),
  { epochs: 400, rate: 0.3, decay: 1e-3 },
)
const right = heldOut.filter(({ features, positive }) => model.forward(features) > 0.5 === positive)
console.log(`accuracy on ${heldOut.length} held-out rows: ${(right.length / heldOut.length).toFixed(3)}`)
await model.save(target, { force: true })
console.log(`saved in ${target}`)

function readRows(file: string): Row[] {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => {
    const cells = line.trim().split(',')
    return { features: cells.slice(0, -1).map(Number), positive: cells.at(-1) === 'malignant' }
  })
}

/** Gradient descent on the whole set at a time, on standardised features. */
function train(
  set: readonly Row[],
  { epochs, rate, decay }: { epochs: number; rate: number; decay: number },
) {
  const width = set[0]?.features.length ?? 0
  const model = BinaryClassifier.create({ features: width })
  for (let column = 0; column < width; column++) {
    const values = set.map(({ features }) => features[column] ?? 0)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    model.mean[column] = mean
    model.std[column] = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  }
  for (let epoch = 0; epoch < epochs; epoch++) descend(model, set, { rate, decay })
  return model
}

function descend(
  model: BinaryClassifier,
  set: readonly Row[],
  { rate, decay }: { rate: number; decay: number },
) {
  const gradient = new Float64Array(model.weight.length)
  let bias = 0
  for (const { features, positive } of set) {
    const error = model.forward(features) - Number(positive)
    bias += error
    for (let index = 0; index < gradient.length; index++) {
      gradient[index] =
        (gradient[index] ?? 0) +
        (error * ((features[index] ?? 0) - (model.mean[index] ?? 0))) / (model.std[index] ?? 1)
    }
  }
  for (let index = 0; index < gradient.length; index++) {
    const weight = model.weight[index] ?? 0
    model.weight[index] = weight - rate * ((gradient[index] ?? 0) / set.length + decay * weight)
  }
  model.bias[0] = (model.bias[0] ?? 0) - (rate * bias) / set.length
}
