import { choices, isBytes, isNumber, list, properties, type Resolve, type Schema } from '../schema.ts'
import { choiceField } from './choice.ts'
import type { Field, FieldOptions, MakeField } from './field.ts'
import { fileField } from './file.ts'
import { itemsField, tupleField } from './items.ts'
import { objectField } from './object.ts'
import { optional } from './optional.ts'
import { checkField, constantField, nothingField, numberField, selectField, textField } from './scalar.ts'
import { jsonField, numbersField } from './text-of-json.ts'

/** The form of a whole input. */
export function formOf(schema: unknown, resolve: Resolve): Field {
  return fieldOf(schema, { label: '', isRequired: true, resolve, make: fieldOf, depth: 0 })
}

function fieldOf(given: unknown, options: FieldOptions): Field {
  const schema = options.resolve(given)
  const make = makerOf(schema, options)
  const isLarge = make === objectField || make === itemsField || make === tupleField || make === choiceField
  return isLarge && !options.isRequired ? optional(make)(schema, options) : make(schema, options)
}

function makerOf(schema: Schema, { depth, isRequired, resolve }: FieldOptions): MakeField {
  const { type } = schema
  if (isBytes(schema)) return fileField
  if ('const' in schema && isRequired) return constantField
  if ('const' in schema || list(schema['enum']).length > 0) return selectField
  if (depth > 6) return jsonField
  if (choices(schema).length > 0) return choiceField
  if (type === 'null') return nothingField
  if (type === 'string') return textField
  if (type === 'boolean') return checkField
  if (isNumber(schema)) return numberField
  if (type === 'object' && properties(schema).length > 0) return objectField
  if (type !== 'array') return jsonField
  if (list(schema['prefixItems']).length > 0) return tupleField
  const items = resolve(schema['items'])
  if (isNumber(items)) return numbersField
  // A list of lists of numbers is a table that nobody types in field by field.
  return items['type'] === 'array' || Object.keys(items).length === 0 ? jsonField : itemsField
}
