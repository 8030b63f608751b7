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
