import type ts from 'typescript'
import { inside, type Place, type Reader } from './scope.ts'
import { isReference } from './type-kinds.ts'

/** The first parameter of a signature. */
export type Parameter = {
  readonly declaration: ts.Declaration | undefined
  readonly type: ts.Type
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
  if (!declaration || !ts.isParameter(declaration)) return { declaration, type, isTyped: true, at }
  return {
    declaration,
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
  return parameter.initializer !== undefined && !/\.[cm]?jsx?$/.test(parameter.getSourceFile().fileName)
}
