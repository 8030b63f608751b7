export { Component, type PredictContext, type State } from './component/index.ts'
export { type ErrorCode, FlambeError, type Problem } from './errors.ts'
