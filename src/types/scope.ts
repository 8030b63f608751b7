import type ts from 'typescript'
import type { JsonSchema } from '../construct/index.ts'
import type { Definitions } from './definitions.ts'
import type { Hints } from './hints.ts'

export type TypeScript = typeof ts

/** What a schema is for: arguments may hold components; input and arguments are closed; output is what JSON keeps. */
export type Use = 'parameters' | 'input' | 'output'

/** Where a type stands in the user's code: for notices. */
export type Place = {
  /** In words: `ClassifierEngine.predict input.features`. */
  readonly path: string
  /** The nearest declaration in the user's own files. */
  readonly node: ts.Node | undefined
  readonly depth: number
}

/** Says what could not be expressed, and where. */
export type Notify = (place: Place, message: string) => void

/** What reading a module needs. */
export type Reader = {
  readonly ts: TypeScript
  readonly program: ts.Program
  readonly checker: ts.TypeChecker
  readonly notify: Notify
}

/** What making one schema needs: schemas stand alone, so each has definitions of its own. */
export type Scope = Reader & {
  readonly use: Use
  readonly definitions: Definitions
  /** The way back from a part of a type (an item, a property) to its schema; hints are for an object's properties. */
  readonly toSchema: (type: ts.Type, place: Place, hints?: Hints) => JsonSchema
}

/** The place of a member; its declaration counts only if the user wrote it. */
export function inside(place: Place, member: string, node?: ts.Node): Place {
  return {
    path: `${place.path}${member}`,
    node: node && isOwnFile(node.getSourceFile().fileName) ? node : place.node,
    depth: place.depth + 1,
  }
}

/** False for files of packages, and so for the compiler's own. */
export function isOwnFile(fileName: string): boolean {
  return !fileName.includes('/node_modules/')
}

/** True for what is declared in a folder. */
export function isWithin(node: ts.Node, directory: string): boolean {
  return node.getSourceFile().fileName.startsWith(`${directory}/`)
}

/** JavaScript: types are in doc comments. */
export function isScript(fileName: string): boolean {
  return /\.[cm]?jsx?$/.test(fileName)
}
