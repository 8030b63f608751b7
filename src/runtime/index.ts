export { encodeOutput } from './encode-output.ts'
export { createPredictor, type Predictor } from './predictor.ts'
export { reviver } from './revive.ts'
