export { type DescribeOptions, describeModule } from './describe-module.ts'
export { isWholeRecord } from './record.ts'
export type { ClassDescription, ModuleDescription, PredictDescription } from './types.ts'
