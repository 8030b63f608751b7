export {
  createProject,
  type ProjectKind,
  type ProjectLanguage,
  type ProjectOptions,
  projectKinds,
  projectLanguages,
} from './create-project.ts'
