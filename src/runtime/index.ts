export type { PredictContext } from '../component/index.ts'
