/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** A JSON Schema of the dialect 2020-12 (https://json-schema.org/draft/2020-12). */
export type JsonSchema = boolean | { readonly [keyword: string]: Json }
