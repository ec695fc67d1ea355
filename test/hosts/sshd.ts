/** For tests: a real sshd on loopback with a port, keys and configuration of its own, and the client's side of it. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { SshSettings } from '../../src/config/settings/settings.ts'
import { run, succeeded } from '../../src/process/run.ts'

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(path => existsSync(path))

/** Why there can be no sshd here; undefined when there can. */
export const noSshd = SSHD === undefined ? 'there is no sshd here (apt install openssh-server)' : undefined

export interface Sshd {
  readonly settings: SshSettings
  /** The configuration file of the client. */
  readonly config: string
  /** Where programs are put: nothing may be left in it. */
  readonly directory: string
  /** Kills the processes that serve connections; the sshd itself stays. Returns how many there were. */
  cut(): Promise<number>
  stop(): Promise<void>
}

/** Starts it; `name` is the host's in the settings. */
export async function startSshd(name = 'loop'): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'xlab-sshd-'))
  const at = (file: string): string => join(folder, file)
  for (const key of ['host', 'user'])
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)])
  const port = await freePort()
  const publicKey = (key: string): string => readFileSync(at(`${key}.pub`), 'utf8')
  writeFileSync(at('authorized'), publicKey('user'))
  writeFileSync(at('known'), `[127.0.0.1]:${port} ${publicKey('host').split(' ').slice(0, 2).join(' ')}\n`)
  writeFileSync(
    at('sshd_config'),
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${at('host')}
AuthorizedKeysFile ${at('authorized')}
PidFile ${at('pid')}
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
`,
  )
  writeFileSync(
    at('config'),
    `Host ${name}
  HostName 127.0.0.1
  Port ${port}
  User ${userInfo().username}
  IdentityFile ${at('user')}
  IdentitiesOnly yes
  UserKnownHostsFile ${at('known')}
  StrictHostKeyChecking yes
`,
  )
  const directory = at('programs')
  mkdirSync(directory)
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true })
  await must(SSHD ?? 'sshd', ['-f', at('sshd_config'), '-E', at('log')])
  for (let i = 0; !existsSync(at('pid')) && i < 100; i++) await new Promise(done => setTimeout(done, 50))
  const pid = Number(readFileSync(at('pid'), 'utf8'))
  return {
    settings: { name, kind: 'ssh', address: name, config: at('config'), directory },
    config: at('config'),
    directory,
    cut: async () => {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
      for (const child of children) process.kill(Number(child), 'SIGTERM')
      return children.length
    },
    stop: async () => {
      process.kill(pid, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const exit = await run(program, args, { timeoutMs: 30_000 })
  if (!succeeded(exit)) throw new Error(`${program}: ${exit.stderr || exit.state}`)
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
