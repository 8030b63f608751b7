import type ts from 'typescript'
import { type Hints, hintsOfPattern, mergeHints, noHints } from './hints.ts'
import { hintsOfTags } from './param-tags.ts'
import { inside, isScript, type Place, type Reader } from './scope.ts'
import { isReference } from './type-kinds.ts'

/** The first parameter of a signature. */
export type Parameter = {
  /** The type as it is written. */
  readonly node: ts.TypeNode | undefined
  readonly type: ts.Type
  readonly hints: Hints
  /** False where nobody wrote a type: the compiler then guesses from the pattern, and a guess must refuse nothing. */
  readonly isTyped: boolean
  readonly at: Place
}

/** What a parameter's declaration says; a generic parameter is read as its constraint. */
export function parameterOf(symbol: ts.Symbol, place: Place, reader: Reader): Parameter {
  const { ts, checker } = reader
  const declaration = symbol.valueDeclaration
  const at = inside(place, '', declaration)
  const declared = checker.getTypeOfSymbol(symbol)
  const type = checker.getBaseConstraintOfType(declared) ?? declared
  if (!declaration || !ts.isParameter(declaration)) {
    return { node: undefined, type, hints: noHints, isTyped: true, at }
  }
  const { name } = declaration
  const pattern = ts.isObjectBindingPattern(name) ? hintsOfPattern(name, reader) : noHints
  return {
    node: declaration.type,
    hints: mergeHints(pattern, hintsOfTags(declaration, reader)),
    type: declaration.dotDotDotToken ? firstOfRest(type, reader) : type,
    isTyped: isTyped(declaration, reader),
    at,
  }
}

/** `...args: ConstructorParameters<typeof Base>` takes what the first of them is. */
function firstOfRest(type: ts.Type, { ts, checker }: Reader): ts.Type {
  return (isReference(type, ts) && checker.getTypeArguments(type)[0]) || type
}

function isTyped(parameter: ts.ParameterDeclaration, { ts }: Reader): boolean {
  if (parameter.type || ts.getJSDocType(parameter)) return true
  return parameter.initializer !== undefined && !isScript(parameter.getSourceFile().fileName)
}
