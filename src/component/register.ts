import { type Registration, registrationBrand } from '../construct/index.ts'

/**
 * Makes a class that does not extend Component usable in a spec: export what this gives.
 *
 * @example
 * export const Tokenizer = register(ForeignTokenizer, {
 *   create: ({ vocabulary }: { vocabulary: string[] }) => new ForeignTokenizer(vocabulary),
 * })
 */
export function register<A>(
  foreign: abstract new (...args: never) => object,
  {
    create,
    aliases = [],
  }: { readonly create?: (args: A) => object | Promise<object>; readonly aliases?: readonly string[] } = {},
): Registration {
  const make = create ?? ((args: A) => Reflect.construct(foreign, [args]))
  return {
    [registrationBrand]: true,
    class: foreign,
    create: (args) => make(args as A),
    aliases,
  }
}
