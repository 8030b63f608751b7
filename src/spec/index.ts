export { formatProblem } from './format-problem.ts'
export type { Override } from './override.ts'
export { decodeSpec, type ParseSpecOptions, parseSpec } from './parse.ts'
export { readSpec } from './read.ts'
export { Source, specError } from './source.ts'
export type {
  ExtensionDeclaration,
  FileNode,
  LinkNode,
  MappingNode,
  ScalarNode,
  SequenceNode,
  Spec,
  SpecEntry,
  SpecNode,
  TaggedNode,
} from './spec.ts'
export { stringifyConfig } from './stringify.ts'
