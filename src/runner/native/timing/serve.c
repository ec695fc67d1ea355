/* A worker's own side: it says that it is done, waits at the gate, and does what it is told then. */
#define _GNU_SOURCE
#include "time.h"
#include <stdlib.h>
#include <unistd.h>

enum { LINE = 64, CODE_BYTES = 4096 };
static const uint8_t page[WORKER_PAGE];

static void flush_lines(const uint8_t *from, size_t bytes) {
  for (size_t i = 0; i < bytes; i += LINE) {
#if defined(__x86_64__)
    __asm__ volatile("clflush %0" : : "m"(from[i]));
#else
    __asm__ volatile("dc civac, %0" : : "r"(from + i) : "memory");
#endif
  }
}

/* Buffers and the first page of the code; what the function calls beyond that stays warm. */
static void flush_caches(const struct serving *s) {
  for (size_t i = 0; i < s->arena->slot_count; i++) {
    const struct slot *slot = &s->arena->slots[i];
    flush_lines(s->arena->theirs + slot->offset, 2 * slot->stride);
  }
  uintptr_t code = (uintptr_t)s->function->call;
  flush_lines((const uint8_t *)(code & ~(uintptr_t)(LINE - 1)), CODE_BYTES - (code & (CODE_BYTES - 1)));
#if defined(__x86_64__)
  __asm__ volatile("mfence" : : : "memory");
#else
  __asm__ volatile("dsb ish" : : : "memory");
#endif
}

static uint64_t run_calls(struct serving *s) {
  uint32_t calls = control->calls, first = control->first;
  kernel_fn call = s->function->call;
  uint64_t ns = 0;
  void *error = NULL;
  if (!control->cold) {
    uint64_t started = now_ns();
    for (uint32_t i = 0; i < calls; i++) error = call_kernel(&s->callers[(first + i) & 1], call);
    ns = now_ns() - started;
  } else
    for (uint32_t i = 0; i < calls; i++) {
      flush_caches(s);
      uint64_t started = now_ns();
      error = call_kernel(&s->callers[(first + i) & 1], call);
      ns += now_ns() - started;
    }
  if (error) control->returned = (uint64_t)(uintptr_t)error;
  return ns;
}

void serve(void *context) {
  struct serving *s = context;
  /* The stack's place varies between processes, as it would if they were started anew. */
  volatile uint8_t *shift = __builtin_alloca(16 + s->shift % 256 * 16);
  shift[0] = 0;
  for (;;) {
    if (write(DONE, page, 1) != 1 || write(GATE, page, s->page_bytes) != (ssize_t)s->page_bytes) return;
    enter_float_mode(NEAREST, s->arena->job->flush);
    control->claimed_ns = run_calls(s);
    leave_float_mode();
  }
}
