export type { PredictContext } from '../construct/index.ts'
