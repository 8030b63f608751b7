import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Certificates = {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  readonly key: string
  readonly cert: string
}

/** A private authority in `directory`, and a certificate by it for `names`. */
export function makeCertificates(
  directory: string,
  names: readonly string[] = ['DNS:localhost', 'IP:127.0.0.1'],
): Certificates {
  const at = (name: string) => join(directory, name)
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  )
  openssl('req', ...key, '-keyout', at('key.pem'), '-out', at('request.pem'), '-subj', '/CN=test registry')
  writeFileSync(at('extensions'), `subjectAltName=${names.join(',')}\n`)
  const sign = [
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('extensions'),
  ]
  openssl('x509', '-req', '-in', at('request.pem'), '-out', at('cert.pem'), ...sign)
  return {
    caFile: at('ca.pem'),
    certFile: at('cert.pem'),
    keyFile: at('key.pem'),
    key: readFileSync(at('key.pem'), 'utf8'),
    cert: readFileSync(at('cert.pem'), 'utf8'),
  }
}
