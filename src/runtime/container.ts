import { fileURLToPath } from 'node:url'

/** The folder of bundled files that runs in an image: `main.js`, what it starts and imports, and nothing else. */
export function containerDirectory(): string {
  const fromRoot = import.meta.url.endsWith('.ts') ? '../../dist/container' : '../container'
  return fileURLToPath(new URL(fromRoot, import.meta.url))
}
