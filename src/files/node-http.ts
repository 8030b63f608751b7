/**
 * Node's http. With `import` Node makes a module of it, which reads all that it exports, and so loads a whole WebSocket client: three times
 * what http itself takes, of every command that may speak to a registry.
 */
export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}
