export { Builder, type BuilderArguments, type DockerArguments, DockerBuilder } from './builders/index.ts'
export { formatProblem, type Override, type ParseSpecOptions, parseSpec, type Spec } from './spec/index.ts'
export * from './user-api.ts'
