/* Children: forked for one piece of work, watched by the parent's clock, and reaped, with the reason they ended. */
#define _GNU_SOURCE
#include "runner.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Waits for the child until the deadline; false when it had to be killed. */
static bool reap(pid_t pid, uint32_t limit_ms, int *status) {
  uint64_t deadline = now_ns() + (uint64_t)limit_ms * 1000000ULL;
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  while (waitpid(pid, status, WNOHANG) == 0) {
    uint64_t now = now_ns();
    if (now >= deadline) {
      kill(pid, SIGKILL);
      waitpid(pid, status, 0);
      return false;
    }
    uint64_t left = deadline - now;
    struct timespec wait = {(time_t)(left / 1000000000ULL), (long)(left % 1000000000ULL)};
    sigtimedwait(&child, NULL, &wait);
  }
  return true;
}

static void explain_fault(const struct arena *arena, char *reason, size_t size) {
  uintptr_t address = (uintptr_t)control->address;
  switch (control->signal) {
  case SIGSYS: snprintf(reason, size, "tried forbidden system call %llu", (unsigned long long)control->address); return;
  case SIGFPE: snprintf(reason, size, "trapped in integer division (by zero, or overflow)"); return;
  case SIGILL: snprintf(reason, size, "executed an illegal or unreachable instruction"); return;
  case SIGTRAP: snprintf(reason, size, "executed a breakpoint instruction"); return;
  default: break;
  }
  if (address < stack_top && address + STACK + (1 << 20) > stack_top) {
    snprintf(reason, size, "overflowed the stack");
    return;
  }
  if (address == 0 && control->signal == SIGSEGV) {
    snprintf(reason, size, "accessed a null, misaligned or impossible address");
    return;
  }
  const char *verb = control->access == 2 ? "wrote" : control->access == 1 ? "read" : "accessed";
  describe_address(arena, address, verb, reason, size);
}

static int core = -1;

void use_core(int number) { core = number; }

int core_in_use(void) { return core; }

bool pin(pid_t pid) {
  cpu_set_t one;
  CPU_ZERO(&one);
  if (core >= 0) CPU_SET(core, &one);
  return core >= 0 && sched_setaffinity(pid, sizeof one, &one) == 0;
}

static uint64_t nonce;

pid_t fork_child(void (*body)(void *), void *context, uint32_t limit_ms, enum placement placement,
                 const struct arena *arena, const int pipes[PIPES]) {
  nonce = mix(nonce ^ now_ns()) | 1;
  pid_t pid = fork();
  if (pid < 0) fatal("cannot fork: %s", strerror(errno));
  if (pid > 0) return pid;
  if (placement == PINNED) pin(0);
  populate_arena(arena);
  enter_jail(limit_ms, arena->size, pipes);
  body(context);
  control->done = nonce;
  _exit(0);
}

enum outcome explain_end(int status, const struct arena *arena, char *reason, size_t size) {
  if (WIFSIGNALED(status)) snprintf(reason, size, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
  else if (WEXITSTATUS(status) == CRASHED && control->signal) explain_fault(arena, reason, size);
  else if (control->done != nonce) snprintf(reason, size, "ended the process early with exit code %d", WEXITSTATUS(status));
  else if (control->returned) snprintf(reason, size, "returned an error");
  else return COMPLETED;
  return FAILED;
}

enum outcome run_child(void (*body)(void *), void *context, uint32_t limit_ms, enum placement placement,
                       const struct arena *arena, char *reason, size_t size) {
  *control = (struct control){0};
  pid_t pid = fork_child(body, context, limit_ms, placement, arena, NULL);
  int status;
  if (reap(pid, limit_ms, &status)) return explain_end(status, arena, reason, size);
  snprintf(reason, size, "did not finish within %u ms", limit_ms);
  return TIMED_OUT;
}
