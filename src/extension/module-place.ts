import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/*
 * Many modules become one, which runs from the cache at build time and from the artifact later. What they say of
 * their own place (`import.meta.url`, `__dirname`) is one name in the compiled code, and its first line says
 * where that is: the folder of the extension, or the folder of the code in the artifact.
 */
const place = '__flambe_place'
const inArtifact = `const ${place} = import.meta;`

/** What esbuild writes for each way to ask for a module's place. */
export const placeNames: Readonly<Record<string, string>> = {
  'import.meta.url': `${place}.url`,
  'import.meta.filename': `${place}.filename`,
  'import.meta.dirname': `${place}.dirname`,
  __filename: `${place}.filename`,
  __dirname: `${place}.dirname`,
}

/** The code and its map with what the compiled code counts on: its place, and a `require` for CommonJS in it. */
export function withSurroundings(code: string, map: string): { readonly code: string; readonly map: string } {
  const whole = withRequire(code)
  if (!whole.includes(place)) return { code, map }
  const shifted = JSON.parse(map) as { readonly mappings: string }
  return {
    code: `${inArtifact}\n${whole}`,
    map: JSON.stringify({ ...shifted, mappings: `;${shifted.mappings}` }),
  }
}

/** The code as it runs from the cache: its place is the extension's folder. */
export function placedAt(code: string, directory: string): string {
  if (!code.startsWith(inArtifact)) return code
  const filename = join(directory, 'index.js')
  const values = { url: pathToFileURL(filename).href, filename, dirname: directory }
  return code.replace(inArtifact, () => `const ${place} = ${JSON.stringify(values)};`)
}

/**
 * esbuild asks for a `require` in scope where CommonJS modules require packages or Node's own, and an ES module
 * has none. At the end, where a function is hoisted from.
 */
function withRequire(code: string): string {
  if (!/^var __require = /m.test(code)) return code
  return `${code}import { createRequire as __flambe_require } from "node:module";
function require(id) { return __flambe_require(${place}.url)(id); }
`
}
