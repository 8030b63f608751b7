import type { Comment, VisitorObject } from 'oxc-parser'
import { isScript } from './scope.ts'

type Span = { readonly start: number; readonly end: number }

/**
 * What types depend on in a source file: its text without the function bodies whose types are written out, and without
 * comments that are no docs. Defaults, doc comments and constants stay, since schemas tell them. Where a file's exports
 * are all written out (TypeScript's "isolated declarations"), no body counts; elsewhere those of functions without
 * a return type do. Milliseconds, where the compiler takes a second. A file that does not parse is its own shape.
 */
export async function shapeOf(file: string, text: string): Promise<string> {
  if (/\.d\.[cm]?ts$/.test(file) || !/\.[cm]?[jt]sx?$/.test(file)) return text
  const oxc = await loadOxc().catch(() => undefined)
  // On a platform that oxc is not built for, every edit counts.
  if (!oxc) return text
  const { parseSync, Visitor, isolatedDeclarationSync } = oxc
  const { program, comments, errors } = parseSync(file, text)
  if (errors.length > 0) return text
  const cuts: Span[] = comments.filter((one) => !isDoc(one, text)).map((one) => withBlanks(one, text))
  const cut = (body: Span | null | undefined) => {
    if (body) cuts.push(body)
  }
  const isExplicit = !isScript(file) && isolatedDeclarationSync(file, text).errors.length === 0
  const visitor = isScript(file)
    ? scriptVisitor(cut, comments, text)
    : isExplicit
      ? anyBody(cut)
      : writtenOut(cut)
  new Visitor(visitor).visit(program)
  return without(text, cuts)
}

async function loadOxc() {
  const [{ parseSync, Visitor }, { isolatedDeclarationSync }] = await Promise.all([
    import('oxc-parser'),
    import('oxc-transform'),
  ])
  return { parseSync, Visitor, isolatedDeclarationSync }
}

type Cut = (body: Span | null | undefined) => void

function anyBody(cut: Cut): VisitorObject {
  return {
    FunctionDeclaration: ({ body }) => cut(body),
    FunctionExpression: ({ body }) => cut(body),
    ArrowFunctionExpression: ({ body }) => cut(body),
  }
}

/** The compiler looks into a constructor for the types of properties that have none. */
function writtenOut(cut: Cut): VisitorObject {
  return {
    FunctionDeclaration: ({ body, returnType }) => cut(returnType && body),
    FunctionExpression: ({ body, returnType }) => cut(returnType && body),
    ArrowFunctionExpression: ({ body, returnType }) => cut(returnType && body),
    ClassBody: ({ body: members }) => {
      const isTyped = members.every(
        (one) => one.type !== 'PropertyDefinition' || one.typeAnnotation || one.value,
      )
      for (const member of members) {
        if (member.type !== 'MethodDefinition') continue
        if (member.kind === 'set' || (member.kind === 'constructor' && isTyped)) cut(member.value.body)
      }
    },
  }
}

/** In JavaScript `@returns` is the written type, and an assignment to `this` in any method is a declaration. */
function scriptVisitor(cut: Cut, comments: readonly Comment[], text: string): VisitorObject {
  const cutIfTyped = (node: Span, body: Span | null) => {
    const doc = comments.findLast(({ end, value }) => end <= node.start && value.startsWith('*'))
    const between = doc && text.slice(doc.end, node.start)
    if (!doc || !body || !/^\s*(export\s+(default\s+)?)?$/.test(between ?? '')) return
    const declares = /\bthis\s*\.[\w$\s.]+=[^=]|\bexports\b|\bprototype\b/.test(
      text.slice(body.start, body.end),
    )
    if (/@returns?\b/.test(doc.value) && !declares) cut(body)
  }
  return {
    FunctionDeclaration: (node) => cutIfTyped(node, node.body),
    MethodDefinition: (node) => cutIfTyped(node, node.value.body),
  }
}

/** Docs, and comments that tell the compiler something: `// @ts-nocheck`, `/// <reference>`. */
function isDoc({ type, value }: Comment, text: string): boolean {
  return (
    (type === 'Block' && value.startsWith('*')) || /^\/\s*<|@|^!/.test(value) || text.startsWith(`#!${value}`)
  )
}

/** A comment alone on its lines goes with them, one after code with the blanks between: neither leaves a trace. */
function withBlanks({ start, end }: Span, text: string): Span {
  const before = text.slice(0, start).trimEnd().length
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const [rest] = /^[ \t\r]*(\n|$)/.exec(text.slice(end)) ?? []
  if (before > lineStart || rest === undefined) return { start: Math.max(before, lineStart), end }
  return { start: lineStart, end: end + rest.length }
}

function without(text: string, cuts: readonly Span[]): string {
  const kept: string[] = []
  let at = 0
  for (const { start, end } of [...cuts].sort((a, b) => a.start - b.start)) {
    if (start >= at) kept.push(text.slice(at, start))
    at = Math.max(at, end)
  }
  return `${kept.join('')}${text.slice(at)}`
}
