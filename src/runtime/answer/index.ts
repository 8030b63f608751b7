export { type Answerer, type AnswererOptions, answerQuestion, createAnswerer } from './answerer.ts'
export { formSchema, type PartKind } from './part-kinds.ts'
