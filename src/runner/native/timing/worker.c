/* Workers: children that stay. Each holds one function and runs it as often as it is told; the parent takes the time,
 * looks at the outputs, and gives the next order. Nothing a function writes can change a time: between orders its
 * process waits, and the kernel's account of the time it ran, read before and after, is what counts. A function that
 * says it is done and computes on is told by that account too.
 *
 * A worker may only write: to `done`, to say that it is; and a page to `gate`, which the parent keeps full, so that it
 * waits there until the parent takes a page out. */
#define _GNU_SOURCE
#include "time.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COARSE_NS = 2000, EMPTY_ORDERS = 7, RAN_ON_NS = 1000000, TAIL_NS = 10000, OVERRUNS = 8, SETTLE_NS = 2000000000, SPINS = 4, NAP_NS = 20000, PAGE = WORKER_PAGE };
static const uint8_t page[PAGE];
static size_t page_bytes;
static bool coarse;
static uint64_t tick;

static uint64_t read_clock(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* The smallest step a clock was seen to make. */
static uint64_t grain_of(clockid_t clock) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 100; i++) {
    uint64_t a = read_clock(clock), b;
    do b = read_clock(clock);
    while (b == a);
    if (b - a < least) least = b - a;
  }
  return least;
}

void choose_clock(void) {
  page_bytes = (size_t)sysconf(_SC_PAGESIZE) < PAGE ? (size_t)sysconf(_SC_PAGESIZE) : PAGE;
  tick = grain_of(CLOCK_PROCESS_CPUTIME_ID);
  coarse = tick > COARSE_NS;
  if (coarse) tick = grain_of(CLOCK_MONOTONIC);
}

const char *clock_name(void) { return coarse ? "wall" : "cpu"; }
uint64_t tick_ns(void) { return tick; }

static int count_instructions(pid_t pid) {
  struct perf_event_attr attributes = {.type = PERF_TYPE_HARDWARE, .size = sizeof attributes,
                                       .config = PERF_COUNT_HW_INSTRUCTIONS, .exclude_kernel = 1, .exclude_hv = 1};
  return (int)syscall(SYS_perf_event_open, &attributes, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static uint64_t counted(const struct worker *w) {
  uint64_t value = 0;
  return w->counter >= 0 && read(w->counter, &value, sizeof value) == sizeof value ? value : 0;
}

/* proc(5): the state of a process is the letter behind its name, S while it waits. True where it cannot be read. */
static bool waits(const struct worker *w) {
  char text[128];
  ssize_t got = w->state < 0 ? 0 : pread(w->state, text, sizeof text - 1, 0);
  if (got <= 0) return true;
  text[got] = 0;
  const char *at = strrchr(text, ')');
  return !at || at[1] == 0 || at[2] == 'S';
}

/* The account of a worker's time once it waits. False if it never does, or computes instead. On a busy core a worker can
 * be put aside on the last steps to its wait: TAIL_NS allows for those. */
static bool settled(const struct worker *w, uint64_t *ns) {
  *ns = 0;
  if (coarse) return true;
  uint64_t deadline = now_ns() + SETTLE_NS, first = read_clock(w->clock);
  /* What has not run since it last waited waits still. */
  if ((*ns = first) == w->rest_ns) return true;
  for (uint32_t tries = 0; now_ns() < deadline && *ns < first + RAN_ON_NS; tries++) {
    uint64_t before = read_clock(w->clock);
    *ns = read_clock(w->clock);
    if (*ns == before && waits(w)) return true;
    /* On a busy machine it waits for a core, perhaps for this one. */
    if (tries >= SPINS) nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
  }
  return false;
}

/* Reads whole pages out of the gate, or whatever fills one. */
static bool open_gate(const struct worker *w) {
  static uint8_t taken[PAGE];
  for (size_t got = 0; got < page_bytes;) {
    ssize_t n = read(w->gate, taken, page_bytes - got);
    if (n <= 0) return false;
    got += (size_t)n;
  }
  return true;
}

static bool ended(struct worker *w, bool timely, uint32_t limit_ms, const struct arena *arena, char *reason) {
  int status;
  if (!timely) kill(w->pid, SIGKILL);
  waitpid(w->pid, &status, 0);
  w->pid = 0;
  if (!timely) snprintf(reason, MAX_REASON, "did not finish within %u ms", limit_ms);
  else if (explain_end(status, arena, reason, MAX_REASON) == COMPLETED)
    snprintf(reason, MAX_REASON, "ended the process early with exit code 0");
  return false;
}

/* Waits until the worker says it is done. */
static bool await(struct worker *w, uint32_t limit_ms, const struct arena *arena, char *reason) {
  struct pollfd watched = {.fd = w->done, .events = POLLIN};
  uint64_t deadline = now_ns() + (uint64_t)limit_ms * 1000000ULL;
  for (;;) {
    uint64_t now = now_ns();
    int got = poll(&watched, 1, now >= deadline ? 0 : (int)((deadline - now) / 1000000ULL) + 1);
    if (got == 0) return ended(w, false, limit_ms, arena, reason);
    if (got < 0 && errno == EINTR) continue;
    uint8_t said[16];
    ssize_t times = watched.revents & POLLIN ? read(w->done, said, sizeof said) : 0;
    if (times <= 0) return ended(w, true, limit_ms, arena, reason);
    if (times == 1 && !w->control->returned) return true;
    snprintf(reason, MAX_REASON, times > 1 ? "said it was done when it was not" : "returned an error");
    return false;
  }
}

/* That a worker computes when it should wait is told by its account. A hypervisor that stops the machine at that moment
 * looks the same, so once is a disturbance; often is a function's doing. */
static bool bears(struct worker *w, char *reason) {
  if (++w->overruns <= OVERRUNS || w->overruns * OVERRUNS < w->orders) return true;
  snprintf(reason, MAX_REASON, "went on computing after it had said it was done");
  return false;
}

bool give_order(struct worker *w, struct order order, uint32_t limit_ms, const struct arena *arena, struct timing *t,
                char *reason) {
  control = w->control;
  control->calls = order.calls;
  control->first = (order.last + order.calls + 1) & 1;
  control->cold = order.cold;
  control->claimed_ns = 0;
  uint64_t before, after, instructions = counted(w);
  w->orders++;
  if ((!settled(w, &before) || before > w->rest_ns + TAIL_NS) && !bears(w, reason)) return false;
  if (coarse) before = now_ns();
  if (!open_gate(w)) return ended(w, true, limit_ms, arena, reason);
  if (!await(w, limit_ms, arena, reason)) return false;
  t->overran = !settled(w, &after);
  if (t->overran && !bears(w, reason)) return false;
  if (coarse) after = now_ns();
  w->rest_ns = coarse ? 0 : after;
  uint64_t ns = after - before;
  t->ns = ns > w->overhead_ns ? ns - w->overhead_ns : 0;
  t->claimed_ns = control->claimed_ns;
  uint64_t executed = counted(w) - instructions;
  t->instructions = executed > w->overhead_instructions ? executed - w->overhead_instructions : 0;
  return true;
}

static int by_ns(const void *a, const void *b) {
  uint64_t x = ((const struct timing *)a)->ns, y = ((const struct timing *)b)->ns;
  return x < y ? -1 : x > y;
}

/* What an order costs that asks for nothing: the median of several. */
static bool learn_overhead(struct worker *w, const struct arena *arena, uint32_t limit_ms, char *reason) {
  struct timing empty[EMPTY_ORDERS];
  for (int i = 0; i < EMPTY_ORDERS; i++)
    if (!give_order(w, (struct order){0}, limit_ms, arena, &empty[i], reason)) return false;
  qsort(empty, EMPTY_ORDERS, sizeof *empty, by_ns);
  w->overhead_ns = empty[EMPTY_ORDERS / 2].ns;
  w->overhead_instructions = empty[EMPTY_ORDERS / 2].instructions;
  return true;
}

static void make_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) fatal("no pipe: %s", strerror(errno));
}

/* Puts in all the pages the gate takes. */
static void fill_gate(int end) {
  fcntl(end, F_SETPIPE_SZ, page_bytes);
  int room = fcntl(end, F_GETPIPE_SZ);
  for (size_t put = 0; room > 0 && put + page_bytes <= (size_t)room; put += page_bytes)
    if (write(end, page, page_bytes) != (ssize_t)page_bytes) fatal("the gate's pipe: %s", strerror(errno));
}

void follow(struct worker *w) {
  int core = core_in_use();
  if (w->pinned && w->core != core && pin(w->pid)) w->core = core;
}

bool open_worker(struct worker *w, const struct function *function, const struct arena *arena, uint32_t limit_ms,
                 uint32_t shift, char *reason) {
  *w = (struct worker){.function = function, .control = open_control(), .counter = -1, .state = -1};
  control = w->control;
  struct serving serving = {.function = function, .arena = arena, .shift = shift, .page_bytes = page_bytes};
  for (size_t r = 0; r < 2; r++) {
    open_caller(&serving.callers[r], arena);
    aim_inputs(&serving.callers[r], r);
  }
  int gate[2], done[2];
  make_pipe(gate);
  make_pipe(done);
  fill_gate(gate[1]);
  w->pid = fork_child(serve, &serving, limit_ms, PINNED, arena, (const int[PIPES]){[GATE] = gate[1], [DONE] = done[1]});
  for (size_t r = 0; r < 2; r++) close_caller(&serving.callers[r]);
  close(gate[1]);
  close(done[1]);
  w->gate = gate[0];
  w->done = done[0];
  /* Workers that come later have nothing to read or write here. */
  madvise(w->control, sizeof *w->control, MADV_DONTFORK);
  char path[40];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)w->pid);
  w->state = open(path, O_RDONLY | O_CLOEXEC);
  if (clock_getcpuclockid(w->pid, &w->clock) != 0) coarse = true;
  cpu_set_t set;
  if (!await(w, limit_ms, arena, reason)) return false;
  w->core = core_in_use();
  w->pinned = sched_getaffinity(w->pid, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1;
  settled(w, &w->rest_ns);
  w->counter = count_instructions(w->pid);
  return learn_overhead(w, arena, limit_ms, reason);
}

void close_worker(struct worker *w) {
  if (w->pid > 0) {
    kill(w->pid, SIGKILL);
    waitpid(w->pid, NULL, 0);
  }
  if (w->control) munmap(w->control, sizeof *w->control);
  if (w->control == control) control = NULL;
  if (w->gate > 0) close(w->gate);
  if (w->done > 0) close(w->done);
  if (w->counter >= 0) close(w->counter);
  if (w->state > 0) close(w->state);
  *w = (struct worker){.counter = -1};
}
