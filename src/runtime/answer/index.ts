export { type Answerer, type AnswererOptions, answerQuestion, createAnswerer } from './answerer.ts'
