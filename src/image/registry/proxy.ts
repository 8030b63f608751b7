import { BlockList, isIP, type Socket } from 'node:net'
import { FlambeError } from '../../errors.ts'
import { codeOf, nodeHttp } from '../../files/index.ts'
import { isLoopback } from './addresses.ts'
import type { Environment } from './options.ts'

const proxyHint =
  'check HTTPS_PROXY, and that the proxy lets this host through; NO_PROXY names hosts to reach without it'

/** The proxy for `url` by `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; none for this machine itself. */
export function proxyFor(url: URL, env: Environment = {}): URL | undefined {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const value = env[name] || env[name.toUpperCase()]
  if (!value || isLoopback(url.hostname)) return undefined
  if (isExcepted(url, env['no_proxy'] || env['NO_PROXY'] || '')) return undefined
  return parseProxy(value, name)
}

/** The header that logs in at the proxy, if its URL has a user. */
export function proxyHeaders(proxy: URL): Record<string, string> {
  if (!proxy.username) return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** A connection through the proxy to `host:port`. `timeout`: milliseconds that the proxy may take. */
export function tunnel(
  proxy: URL,
  target: string,
  { timeout = 10_000 }: { timeout?: number | undefined } = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = nodeHttp().request({
      host: proxy.hostname,
      port: proxy.port || 80,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyHeaders(proxy) },
      agent: false,
      timeout,
    })
    const fail = (how: string, cause?: unknown) => {
      const message = `the proxy ${proxy.host} ${how}`
      reject(new FlambeError('UNAVAILABLE', message, { cause, hint: proxyHint }))
    }
    request.once('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket as Socket)
      socket.destroy()
      fail(`answered ${statusCode} to CONNECT ${target}`)
    })
    request.once('timeout', () => {
      fail(`does not answer to CONNECT ${target}`)
      request.destroy()
    })
    request.on('error', (error) => fail(`cannot be reached (${codeOf(error) ?? error.name})`))
    request.end()
  })
}

function parseProxy(value: string, name: string): URL {
  const url = URL.parse(value.includes('://') ? value : `http://${value}`)
  if (url?.protocol === 'http:') return url
  throw new FlambeError('UNAVAILABLE', `${name.toUpperCase()} is not the URL of an http proxy`, {
    hint: 'write it as http://HOST:PORT',
  })
}

/** `*`, hosts with their subdomains, `.suffix`, `host:port`, addresses and networks in CIDR form, as Go's programs read it. */
function isExcepted(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return isInNetwork(host, entry)
      const [, name = '', entryPort] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) ? `${entry}` : entry) ?? []
      if (isIP(entry)) return host === entry
      if (entryPort && entryPort !== port) return false
      const suffix = name.replace(/^\*?\./, '').toLowerCase()
      return host.endsWith(`.${suffix}`) || (host === suffix && !/^\*?\./.test(name))
    })
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', prefix] = network.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (!isIP(address) || isIP(host) !== isIP(address)) return false
  const list = new BlockList()
  list.addSubnet(address, Number(prefix), family)
  return list.check(host, family)
}
