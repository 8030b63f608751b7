import { lookup as systemLookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { FlambeError } from '../../errors.ts'
import type { Lookup } from './options.ts'

const lookupAll: Lookup = (host) => systemLookup(host, { all: true })

/** Loopback, private, link-local, shared and unspecified addresses: https://www.iana.org/assignments/iana-ipv4-special-registry */
const privateRanges: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
]

/** Whether `host`, a name or an address, means this machine whatever DNS says. */
export function isLoopback(host: string): boolean {
  const name = bare(host)
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
  )
}

/** Refuses, by throwing, a URL that a registry sends us to. */
export type Guard = (target: URL) => Promise<void>

/**
 * Guards against a registry that makes us ask hosts of our own network, or send what is secret in the clear: from a public
 * registry no `Location` and no token realm may lead to a private address, from an https one none may lead to plain http.
 */
export function createGuard(registry: () => URL, { lookup = lookupAll }: { lookup?: Lookup } = {}): Guard {
  const seen = new Map<string, Promise<boolean>>()
  const isPrivate = (host: string) => {
    const known = seen.get(host) ?? resolvesPrivately(host, lookup)
    seen.set(host, known)
    return known
  }
  return async (target) => {
    const from = registry()
    if (target.protocol !== 'https:' && (target.protocol !== 'http:' || from.protocol === 'https:')) {
      throw refused(from, target, 'is not https')
    }
    if (target.hostname === from.hostname) return
    if ((await isPrivate(target.hostname)) && !(await isPrivate(from.hostname))) {
      throw refused(from, target, 'is at a private address')
    }
  }
}

async function resolvesPrivately(host: string, lookup: Lookup): Promise<boolean> {
  const name = bare(host)
  if (isLoopback(name)) return true
  const list = new BlockList()
  for (const [network, prefix, family] of privateRanges) list.addSubnet(network, prefix, family)
  const isListed = (address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  if (isIP(name)) return isListed(name)
  // A name that only a proxy can resolve: there is no address of ours to reach.
  const addresses = await lookup(name).catch(() => [])
  return addresses.some(({ address }) => isListed(address))
}

function refused(from: URL, target: URL, problem: string): FlambeError {
  return new FlambeError(
    'UNAVAILABLE',
    `the registry ${from.host} leads to ${target.protocol}//${target.host}, which ${problem}: refused`,
    { hint: 'a registry that is set up right does not do that: tell the people who run it' },
  )
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase()
}
