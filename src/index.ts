export { Component } from './component/index.ts'
export type { PredictContext, State } from './construct/index.ts'
export { type ErrorCode, FlambeError, type Problem } from './errors.ts'
