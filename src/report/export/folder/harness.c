/* Runs the builds of one kernel on seeded inputs, compares each with the reference, and times them in turns. Reads a
 * job as xlab's runner does (job.c), fills the same inputs (fill.c) between the same guard pages (arena.c) and calls
 * by the same ABI (call.c); but nothing is jailed here, and the comparison is a plain one. */
#define _GNU_SOURCE
#include "runner.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 61, BATCH_NS = 200000, MAX_CALLS = 1 << 22 };

void fatal(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("harness: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  exit(2);
}

uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void *call(struct caller *caller, const struct function *function, uint32_t times) {
  void *error = NULL;
  enter_float_mode(NEAREST, caller->arena->job->flush);
  for (uint32_t i = 0; i < times && !error; i++) error = call_kernel(caller, function->call);
  leave_float_mode();
  return error;
}

/* Leaves the outputs of one call in the arena. */
static void run(struct caller *caller, const struct function *function) {
  char reason[MAX_REASON];
  restore_arena(caller->arena);
  if (call(caller, function, 1)) fatal("%s returns an error", function->id);
  if (!check_canaries(caller->arena, reason, sizeof reason)) fatal("%s %s", function->id, reason);
}

/* ---- comparison ---- */
struct difference {
  uint64_t elements; /* that differ at all */
  double ulps;       /* the most */
  bool far;          /* by more than half of the type's digits, measured by the largest value of the argument */
};

static void compare_argument(const struct job *job, const struct argument *arg, const uint8_t *a, const uint8_t *b,
                             struct difference *found) {
  const struct dtype *t = arg->dtype;
  size_t count = arg->bytes / t->unit_bytes;
  double scale = 0, digits = ldexp(1, -(t->mantissa / 2));
  for (size_t i = 0; t->class == FLOATING && i < count; i++) {
    double size = fabs(decode(t, load_bits(a + i * t->unit_bytes, t->unit_bytes)));
    if (isfinite(size) && size > scale) scale = size;
  }
  for (size_t i = 0; i < count; i++) {
    uint64_t x = canonical(t, load_bits(a + i * t->unit_bytes, t->unit_bytes), job->flush);
    uint64_t y = canonical(t, load_bits(b + i * t->unit_bytes, t->unit_bytes), job->flush);
    if (x == y) continue;
    double ulps = fabs((double)ordinal(t, x) - (double)ordinal(t, y));
    if (ulps == 0) continue; /* the two zeros */
    found->elements++;
    if (ulps > found->ulps) found->ulps = ulps;
    if (t->class != FLOATING || !(fabs(decode(t, x) - decode(t, y)) <= digits * scale)) found->far = true;
  }
}

static const uint8_t *place(const struct arena *a, const uint8_t *base, size_t argument) {
  return base + a->slots[a->job->arguments[argument].slot].offset;
}

/* ---- timing ---- */
static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double sample(struct caller *caller, const struct function *function, uint32_t calls) {
  restore_arena(caller->arena);
  uint64_t start = now_ns();
  call(caller, function, calls);
  return (double)(now_ns() - start) / calls;
}

static uint32_t calls_of(struct caller *caller, const struct function *function) {
  uint32_t calls = 1;
  while (calls < MAX_CALLS && sample(caller, function, calls) * calls < BATCH_NS) calls *= 2;
  return calls;
}

int main(void) {
  struct job job;
  if (!read_job(&job)) fatal("no job on standard input");
  char reason[MAX_REASON];
  struct arena arena;
  if (!open_arena(&arena, &job, 1, NULL, reason, sizeof reason)) fatal("%s", reason);
  struct caller caller;
  open_caller(&caller, &arena);
  size_t builds = job.candidate_count;
  struct difference *found = calloc(builds + 1, sizeof *found);
  uint8_t *expected = malloc(arena.size);
  for (size_t trial = 0; trial < job.trial_count; trial++) {
    fill_replica(&arena, 0, job.trials[trial], trial);
    run(&caller, job.references[0].function);
    memcpy(expected, arena.mine, arena.size);
    for (size_t c = 0; c < builds; c++) {
      run(&caller, job.candidates[c].function);
      for (size_t i = 0; i < job.argument_count; i++)
        if (job.arguments[i].out)
          compare_argument(&job, &job.arguments[i], place(&arena, expected, i), place(&arena, arena.mine, i), &found[c]);
    }
  }

  /* Every round times every build once, in another order. */
  const char *asked = getenv("ROUNDS");
  size_t rounds = asked && atoi(asked) > 0 ? (size_t)atoi(asked) : ROUNDS;
  double *samples = calloc(builds * rounds + 1, sizeof *samples);
  uint32_t *calls = calloc(builds + 1, sizeof *calls);
  size_t *order = calloc(builds + 1, sizeof *order);
  fill_replica(&arena, 0, TIMING, 0);
  for (size_t c = 0; c < builds; c++) order[c] = c, calls[c] = calls_of(&caller, job.candidates[c].function);
  for (size_t round = 0; round < rounds; round++) {
    for (size_t c = builds; c > 1; c--) {
      size_t other = mix(job.seed + round * 1000 + c) % c, held = order[c - 1];
      order[c - 1] = order[other], order[other] = held;
    }
    for (size_t c = 0; c < builds; c++)
      samples[order[c] * rounds + round] = sample(&caller, job.candidates[order[c]].function, calls[order[c]]);
  }

  printf("%-24s %-10s %12s %14s %12s %20s %8s\n", "build", "results", "differing", "most ulps", "ns per call",
         "middle half", "ratio");
  bool wrong = false;
  double first = 0;
  for (size_t c = 0; c < builds; c++) {
    double *own = samples + c * rounds;
    qsort(own, rounds, sizeof *own, by_size);
    double median = own[rounds / 2];
    if (c == 0) first = median;
    const char *says = found[c].far ? "WRONG" : found[c].elements ? "close" : "equal";
    wrong |= found[c].far;
    char half[64];
    snprintf(half, sizeof half, "%.1f-%.1f", own[rounds / 4], own[rounds - 1 - rounds / 4]);
    printf("%-24s %-10s %12llu %14.0f %12.1f %20s %8.3f\n", job.candidates[c].function->id, says,
           (unsigned long long)found[c].elements, found[c].ulps, median, half, median / first);
  }
  return wrong ? 1 : 0;
}
