/* The jail a child shuts itself into before foreign code runs.
 *
 * What a hostile function can do: compute, and write into its own copy of memory, the outputs and the control page. It
 * cannot reach expected results, which it does not inherit, so claiming to be done does not make wrong outputs right. */
#define _GNU_SOURCE
#include "runner.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

enum { NO_NEW_PRIVS = 1, LIMITS = 2, CLOSED = 4, FILTERED = 8 };
struct control *control;
static char layers[80];
uintptr_t stack_top;

uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void on_fault(int signal, siginfo_t *info, void *context) {
  control->signal = (uint32_t)signal;
  control->address = signal == SIGSYS ? (uint64_t)info->si_syscall : (uint64_t)(uintptr_t)info->si_addr;
#if defined(__x86_64__)
  if (signal == SIGSEGV) {
    const ucontext_t *u = context;
    control->access = u->uc_mcontext.gregs[REG_ERR] & 2 ? 2 : 1;
  }
#else
  (void)context;
#endif
  _exit(CRASHED);
}

static int limit(int what, rlim_t value) {
  struct rlimit r = {value, value};
  return setrlimit(what, &r);
}

static bool set_limits(uint32_t limit_ms, size_t arena_size) {
  int bad = limit(RLIMIT_CPU, limit_ms / 1000 + 2) | limit(RLIMIT_FSIZE, 0) | limit(RLIMIT_NOFILE, 0) |
            limit(RLIMIT_CORE, 0) | limit(RLIMIT_NPROC, 0) | limit(RLIMIT_MEMLOCK, 0) | limit(RLIMIT_STACK, STACK) |
            limit(RLIMIT_DATA, 256 << 20) | limit(RLIMIT_AS, 2 * arena_size + (512 << 20));
  return bad == 0;
}

/* All but the first `kept`. */
static bool close_files(int kept) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, (unsigned)kept, ~0U, 0U) == 0) return true;
#endif
  for (int fd = kept; fd < 256; fd++) close(fd);
  return fcntl(kept, F_GETFD) < 0 && errno == EBADF;
}

/* Everything but clock reads, the end of the process and the return from a signal handler traps; another ABI's calls
 * kill at once. Results go through shared memory, so not even write is left, but to the pipes a timed child keeps. */
static bool filter_calls(int pipes) {
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(SYS_exit),
      ALLOW(SYS_exit_group),
      ALLOW(SYS_clock_gettime),
      ALLOW(SYS_rt_sigreturn),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)pipes, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
#undef ALLOW
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool keeps_log;
void keep_log(void) { keeps_log = true; }

int enter_jail(uint32_t limit_ms, size_t arena_size, const int pipes[PIPES]) {
  int got = 0, kept = pipes ? PIPES : 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 0; i < kept; i++) dup2(pipes[i], i);
  kept += keeps_log;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) got |= NO_NEW_PRIVS;
  if (close_files(kept)) got |= CLOSED;
  if (set_limits(limit_ms, arena_size)) got |= LIMITS;
  if (filter_calls(kept)) got |= FILTERED;
  return got;
}

/* The child that finds out which layers hold: it says which it got, then tries a call that must not come back. */
static void probe_jail(void) {
  uint64_t got = 0;
  pid_t pid = fork();
  if (pid < 0) fatal("cannot fork: %s", strerror(errno));
  if (pid == 0) {
    control->progress = (uint64_t)enter_jail(1000, 0, NULL);
    syscall(SYS_getppid);
    control->done = 1;
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  got = control->progress;
  if (control->done) got &= ~(uint64_t)FILTERED;
  snprintf(layers, sizeof layers, "%s%s%s%sguard-pages", got & NO_NEW_PRIVS ? "no-new-privs " : "",
           got & CLOSED ? "closed-files " : "", got & LIMITS ? "limits " : "", got & FILTERED ? "seccomp " : "");
}

const char *jail_layers(void) { return layers; }

struct control *open_control(void) {
  struct control *page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) fatal("no shared memory: %s", strerror(errno));
  return page;
}

void open_jail(void) {
  int here;
  stack_top = (uintptr_t)&here;
  control = open_control();
  static uint8_t handler_stack[64 << 10];
  stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  sigaltstack(&stack, NULL);
  /* Set once here and inherited: seven calls less for each child. */
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigaction(faults[i], &action, NULL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  probe_jail();
}
