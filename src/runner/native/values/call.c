/* Calls a kernel as XLA does, and sets the floating-point mode around it. */
#include "runner.h"
#include <stdlib.h>

void open_caller(struct caller *c, const struct arena *arena) {
  size_t count = arena->job->argument_count;
  *c = (struct caller){.workgroups = arena->job->workgroups, .arena = arena};
  c->args = calloc(count + 1, sizeof *c->args);
  c->frame = (struct call_frame){&c->workgroups, &c->id, count, c->args};
  for (size_t i = 0; i < count; i++) c->args[i].size = arena->job->arguments[i].bytes;
  aim_caller(c, 0);
}

void close_caller(struct caller *c) { free(c->args); }

void aim_caller(struct caller *c, size_t replica) {
  for (size_t i = 0; i < c->frame.num_args; i++) {
    const struct slot *s = &c->arena->slots[c->arena->job->arguments[i].slot];
    c->args[i].data = c->arena->theirs + s->offset + replica * s->stride;
  }
}

void aim_inputs(struct caller *c, size_t replica) {
  aim_caller(c, 0);
  for (size_t i = 0; i < c->frame.num_args; i++) {
    const struct slot *s = &c->arena->slots[c->arena->job->arguments[i].slot];
    if (s->in) c->args[i].data = c->arena->theirs + s->offset + replica * s->stride;
  }
}

void *call_kernel(struct caller *c, kernel_fn kernel) {
  for (c->id.z = 0; c->id.z < c->workgroups.z; c->id.z++)
    for (c->id.y = 0; c->id.y < c->workgroups.y; c->id.y++)
      for (c->id.x = 0; c->id.x < c->workgroups.x; c->id.x++) {
        void *error = kernel(&c->frame);
        if (error) return error;
      }
  return NULL;
}

#if defined(__x86_64__)
/* MXCSR: rounding in bits 13-14, FTZ bit 15, DAZ bit 6; all exceptions masked. XLA sets FTZ|DAZ for its kernels. */
void enter_float_mode(enum rounding rounding, bool flush) {
  static const uint32_t modes[] = {0, 0x4000, 0x2000, 0x6000};
  uint32_t state = 0x1f80 | modes[rounding] | (flush ? 0x8040 : 0);
  __asm__ volatile("ldmxcsr %0" : : "m"(state) : "memory");
}
uint64_t round_to_nearest(void) {
  uint32_t old;
  __asm__ volatile("stmxcsr %0" : "=m"(old) : : "memory");
  restore_float_mode(old & ~0x6000U);
  return old;
}
void restore_float_mode(uint64_t old) {
  uint32_t state = (uint32_t)old;
  __asm__ volatile("ldmxcsr %0" : : "m"(state) : "memory");
}
#elif defined(__aarch64__)
/* FPCR: RMode in bits 22-23 (0 nearest, 1 up, 2 down, 3 zero), FZ bit 24. */
void enter_float_mode(enum rounding rounding, bool flush) {
  uint64_t state = (uint64_t)rounding << 22 | (flush ? 1ULL << 24 : 0);
  __asm__ volatile("msr fpcr, %0" : : "r"(state) : "memory");
}
uint64_t round_to_nearest(void) {
  uint64_t old;
  __asm__ volatile("mrs %0, fpcr" : "=r"(old) : : "memory");
  restore_float_mode(old & ~(3ULL << 22));
  return old;
}
void restore_float_mode(uint64_t old) { __asm__ volatile("msr fpcr, %0" : : "r"(old) : "memory"); }
#else
#error "no floating-point mode for this architecture"
#endif

void leave_float_mode(void) { enter_float_mode(NEAREST, false); }
