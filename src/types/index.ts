export type { ClassDescription, ModuleDescription, PredictDescription } from './types.ts'
