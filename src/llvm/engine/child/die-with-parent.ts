/** A child busy in native code cannot be left behind. */
import koffi from 'koffi'

const KILLED = 9
const PR_SET_PDEATHSIG = 1

/** Has the system end this process when its parent dies. */
export function dieWithParent(): void {
  try {
    koffi.load('libc.so.6').func('int prctl(int, unsigned long)')(PR_SET_PDEATHSIG, KILLED)
  } catch {
    // Another libc: the closed channel ends the child as soon as it is idle.
  }
}
