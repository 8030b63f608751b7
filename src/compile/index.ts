export { type Compiled, type CompileOptions, compileSpec, instantiate } from './compile.ts'
export type { Builtin, Definition } from './definition.ts'
