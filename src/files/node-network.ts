/*
 * Parts of Node that take long to load, on use. With `import` Node makes a module of them, which reads all that they export: with http
 * that is a whole WebSocket client, with tls each root certificate.
 */

export function nodeHttp(): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}

export function nodeHttps(): typeof import('node:https') {
  return process.getBuiltinModule('node:https')
}

export function nodeTls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls')
}
