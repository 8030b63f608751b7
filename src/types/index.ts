export { type DescribeOptions, describeModule } from './describe-module.ts'
export type { ClassDescription, ModuleDescription, PredictDescription } from './types.ts'
