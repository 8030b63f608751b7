import type { Agent as HttpAgent } from 'node:http'
import { nodeHttp } from '../../files/index.ts'
import type { Environment } from '../registry/index.ts'

/**
 * Reaches an engine through the ssh command, as the docker command does: so the user's own keys, hosts and configuration count. Each connection is one
 * `docker system dial-stdio` on the other machine. https://docs.docker.com/engine/security/protect-access/#use-ssh-to-protect-the-docker-daemon-socket
 */
export async function sshAgent(address: string, env: Environment): Promise<HttpAgent> {
  const { execa } = await import('execa')
  const { hostname, port, username } = new URL(address)
  const options = [
    // A question for a password could not be answered: its input is the connection.
    ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-T'],
    ...(port ? ['-p', port] : []),
    ...(username ? ['-l', decodeURIComponent(username)] : []),
  ]
  const connect = () => {
    const ssh = execa('ssh', [...options, '--', hostname, 'docker', 'system', 'dial-stdio'], {
      env,
      extendEnv: false,
      buffer: { stdout: false, stderr: true },
    })
    // Why it failed is met where the connection is read.
    ssh.catch(() => {})
    return ssh.duplex()
  }
  // It ends with the answer: a connection that is kept would keep this process.
  return Object.assign(new (nodeHttp().Agent)({ keepAlive: false }), { createConnection: connect })
}
