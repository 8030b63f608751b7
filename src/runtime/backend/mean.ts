/** A mean in which what is long ago counts little. */
export type Mean = { readonly value: () => number | undefined; readonly add: (value: number) => void }

/** Each new value counts for `weight`, all earlier ones together for the rest. */
export function createMean(weight = 0.1): Mean {
  let mean: number | undefined
  return {
    value: () => mean,
    add: (value) => {
      mean = mean === undefined ? value : mean + weight * (value - mean)
    },
  }
}
