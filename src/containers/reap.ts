/** Containers know who started them; those whose starter is gone are removed. */
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type Docker from 'dockerode'

const LABEL = 'xlab.owner'

/** When a process started, in clock ticks since boot (proc(5), field 22 of stat); undefined if it is not there. */
function startTime(pid: number | 'self'): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19]
  } catch {
    return undefined
  }
}

/** Labels of a container of ours: machine, process and its start, so that a reused process number fools nobody. */
export const ownerLabels = (): Record<string, string> => ({
  [LABEL]: `${hostname()} ${process.pid} ${startTime('self') ?? ''}`,
})

/** True when the process that wrote this label ran on this machine and has ended. */
export function orphaned(label: string): boolean {
  const [machine, pid = '', started = ''] = label.split(' ')
  if (machine !== hostname()) return false
  if (existsSync('/proc/self/stat')) return startTime(Number(pid)) !== started
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** See Engine.reap. */
export async function reap(docker: Docker): Promise<string[]> {
  const ours = await docker.listContainers({ all: true, filters: { label: [LABEL] } })
  const left = ours.filter(container => orphaned(container.Labels[LABEL] ?? ''))
  await Promise.all(left.map(({ Id }) => removeContainer(docker.getContainer(Id))))
  return left.map(container => container.Names[0]?.replace(/^\//, '') ?? container.Id)
}

/** Removes a container and its volumes, and waits until it is gone, also if somebody else is removing it. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    const code = (error as { statusCode?: number }).statusCode
    if (code === 409)
      await container.wait({ condition: 'removed' }).catch(() => {}) // gone even sooner
    else if (code !== 404) throw error
  }
}
