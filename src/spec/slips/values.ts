import { type Case, neighbour, type Slip, slipIn } from './slip.ts'

/** A value that begins with a sign which means something else in YAML. */
export function starts({ fault, text, lines, at }: Case): Slip | undefined {
  const { code, start, end } = fault
  const found = { start, end }
  if (code === 'BAD_SCALAR_START') {
    const sign = text[start] ?? ''
    const value = /^[^\n]*/.exec(text.slice(start))?.[0].trim() ?? sign
    const link = sign === '@' ? '; a link to another part is written !@ name' : ''
    return {
      ...found,
      message: `a value cannot begin with "${sign}"`,
      hint: `put it into quotes: "${value}"${link}`,
    }
  }
  if (code === 'BAD_DQ_ESCAPE') {
    const message = `${text.slice(start, start + 2)} means nothing in a text in double quotes`
    return {
      start,
      end: start + 2,
      message,
      hint: 'write the text in single quotes, or each backslash twice',
    }
  }
  if (code === 'MULTIPLE_TAGS')
    return { ...found, message: 'a value has one tag, and this is a second', hint: 'keep one of them' }
  const ended = /node end$/.test(fault.message) && /(["'\]}])\s+$/.exec(text.slice(0, start))?.[1]
  if (ended) {
    const hint = 'put all of the value into quotes'
    return {
      ...found,
      message: `the value ends with the ${ended} before this, which belongs to nothing`,
      hint,
    }
  }
  const line = lines[at]
  const alone = line && /(?:^|[:-])\s*!\s+([\p{L}_][\p{L}\p{N}_.-]*)/u.exec(line.text)
  if (!alone) return undefined
  const place = { start: line.text.indexOf('!', alone.index), length: 1 }
  return slipIn(line, '"!" stands alone: a tag has no space in it', `write !${alone[1]}`, place)
}

/** A colon too few, or too many, or without its space. */
export function colons({ fault, lines, at }: Case): Slip | undefined {
  if (!['MULTILINE_IMPLICIT_KEY', 'BLOCK_AS_IMPLICIT_KEY', 'MISSING_CHAR'].includes(fault.code))
    return undefined
  const line = lines[at]
  if (!line) return undefined
  const glued = /^(\s*(?:- )?)([\p{L}_][\p{L}\p{N}_-]*):([^\s:/].*)$/u.exec(line.text)
  if (glued) {
    const [, before = '', name = '', value = ''] = glued
    const place = { start: before.length + name.length, length: 1 }
    return slipIn(line, `a space is missing after "${name}:"`, `write ${name}: ${value.trim()}`, place)
  }
  const twice = /^\s*(?:- )?([\p{L}_][\p{L}\p{N}_-]*):\s+([^"'!&[{|>\s].*:(\s.*|))$/u.exec(line.text)
  if (twice && (neighbour({ lines }, at, 1)?.indent ?? 0) <= line.indent) {
    const [, name = '', value = ''] = twice
    const place = { start: line.text.indexOf(value, line.indent + name.length) }
    return slipIn(
      line,
      'a value that has a colon and a space in it must be quoted',
      `write ${name}: "${value}"`,
      place,
    )
  }
  return withoutColon(line)
}

function withoutColon(line: Case['lines'][number]): Slip | undefined {
  const [, name = '', value = ''] = /^\s*(?:- )?([\p{L}_][\p{L}\p{N}_-]*)(\s+[^:]*)?$/u.exec(line.text) ?? []
  if (name === '') return undefined
  const hint = `write ${name}: ${value.trim()}`.trimEnd()
  return slipIn(line, `a colon is missing after "${name}"`, hint, {
    start: line.text.indexOf(name),
    length: name.length,
  })
}
