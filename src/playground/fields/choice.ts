import { element } from '../dom.ts'
import { sample } from '../sample.ts'
import { choices, isBytes, isRecord, list, properties, type Schema } from '../schema.ts'
import type { Field, FieldOptions, MakeField } from './field.ts'
import { kindOf } from './label.ts'
import { group } from './object.ts'

/** One of several schemas: a list of them, and the field of the chosen one. */
export const choiceField: MakeField = (schema, options) => {
  const branches = choices(schema).map(options.resolve)
  const names = branches.map((branch, index) => element('option', { value: String(index) }, [nameOf(branch)]))
  const select = element(
    'select',
    { className: 'choice', ariaLabel: `kind of ${options.label}`.trim() },
    names,
  )
  const place = element('div')
  let inner: Field | undefined
  const show = (index: number, value: unknown) => {
    select.value = String(index)
    inner = branchField(branches[index] ?? {}, options)
    inner?.write(value)
    place.replaceChildren(...(inner ? [inner.element] : []))
  }
  select.addEventListener('change', () => {
    const index = Number(select.value)
    show(index, sample(branches[index], options.resolve))
  })
  const whole = group(schema, { ...options, label: options.label || 'one of' }, [select, place])
  return {
    element: whole,
    read: () => (inner ? inner.read() : null),
    write: (value) =>
      show(
        Math.max(
          0,
          branches.findIndex((branch) => isOf(value, branch)),
        ),
        value,
      ),
    find: (keys) => inner?.find(keys) ?? select,
  }
}

/** `null` needs no field. */
function branchField(branch: Schema, options: FieldOptions): Field | undefined {
  if (branch['type'] === 'null') return undefined
  return options.make(branch, { ...options, label: '', isRequired: true, depth: options.depth + 1 })
}

function nameOf(branch: Schema): string {
  const tag = properties(branch).find(([, property]) => isRecord(property) && 'const' in property)
  if (typeof branch['title'] === 'string') return branch['title']
  return tag && isRecord(tag[1]) ? `${tag[0]}: ${String(tag[1]['const'])}` : kindOf(branch)
}

/** Whether a value is meant for a branch: by its kind, and of an object by its constants and needed properties. */
function isOf(value: unknown, branch: Schema): boolean {
  const { type } = branch
  if ('const' in branch) return value === branch['const']
  if (value instanceof Blob) return isBytes(branch)
  if (value === null) return type === 'null'
  if (Array.isArray(value)) return type === 'array'
  if (typeof value === 'number') return type === 'number' || type === 'integer'
  if (!isRecord(value)) return type === typeof value
  const constants = properties(branch).filter(([, one]) => isRecord(one) && 'const' in one)
  return (
    type === 'object' &&
    list(branch['required']).every((name) => Object.hasOwn(value, String(name))) &&
    constants.every(([name, one]) => isRecord(one) && value[name] === one['const'])
  )
}
