/* One timing job: the functions of a kernel interleaved in one process, pinned to a core, in as many fresh processes
 * as asked. A sample is a batch of calls long enough that the clock's grain does not show; batches of the functions
 * alternate in a random order, so that whatever else the machine does meets all of them alike.
 *
 * Outside the timed regions, before each batch, writable buffers get their first contents back and the function is
 * called once. So a function that works in place starts each batch from the same data, though within a batch it is
 * fed its own results; denormals are flushed for XLA's kernels, and neither infinities nor NaNs slow SSE or NEON.
 *
 * The child tells its own times. A function could forge them (they lie in memory it can write); the parent only knows
 * that they cannot exceed the time that passed. Only builds that agreed are timed. */
#define _GNU_SOURCE
#include "runner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { TICKS = 100, MAX_BATCH = 1 << 22, CHECKED_EACH_PAIR = 256 << 10 };

struct measured {
  uint32_t position, batch;
  uint64_t ns;
};
/* Shared with the child. */
struct record {
  volatile uint32_t pairs; /* complete ones */
  volatile uint32_t changed; /* 1 + index of a function whose outputs did not stay the same */
  struct measured samples[]; /* pair × function */
};
struct session {
  const struct job *job;
  const struct function **functions;
  size_t count;
  struct arena arena;
  struct caller caller;
  struct record *record;
  uint32_t process, limit_ms; /* of one process: its share of the job's */
  uint64_t target_ns, *first_hash;
  uint32_t *batch, *order;
  bool in_place, small;
};

static void restore(const struct session *s) {
  for (size_t i = 0; i < s->arena.slot_count; i++) {
    const struct slot *slot = &s->arena.slots[i];
    if (slot->out) memcpy(s->arena.theirs + slot->offset, slot->pristine, slot->bytes);
  }
}

static uint64_t hash_outputs(const struct session *s) {
  uint64_t hash = 0;
  for (size_t i = 0; i < s->arena.slot_count; i++) {
    const struct slot *slot = &s->arena.slots[i];
    if (!slot->out) continue;
    const uint8_t *at = s->arena.theirs + slot->offset;
    for (size_t b = 0; b < slot->bytes; b += 8) {
      uint64_t word = 0;
      memcpy(&word, at + b, slot->bytes - b < 8 ? slot->bytes - b : 8);
      hash = (hash ^ word) * 0xd6e8feb86659fd93ULL;
      hash ^= hash >> 29;
    }
  }
  return hash;
}

/* Nanoseconds of `calls` calls. */
static uint64_t time_batch(struct session *s, size_t f, uint32_t calls) {
  kernel_fn kernel = s->functions[f]->call;
  control->progress = f;
  enter_float_mode(NEAREST, s->job->flush);
  uint64_t started = now_ns();
  void *error = NULL;
  for (uint32_t i = 0; i < calls; i++) error = call_kernel(&s->caller, kernel);
  uint64_t ns = now_ns() - started;
  leave_float_mode();
  if (error) control->returned = (uint64_t)(uintptr_t)error;
  return ns;
}

/* The clock's grain: the smallest step it was seen to make. */
static uint64_t tick_ns(void) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 100; i++) {
    uint64_t a = now_ns(), b;
    do b = now_ns();
    while (b == a);
    if (b - a < least) least = b - a;
  }
  return least;
}

static void calibrate(struct session *s, size_t f) {
  uint32_t batch = 1;
  for (;;) {
    restore(s);
    uint64_t ns = time_batch(s, f, batch);
    if (ns >= s->target_ns || batch >= MAX_BATCH) break;
    /* Towards the target with a fifth to spare, at least double and at most sixteenfold a step. */
    double wanted = 1.2 * (double)batch * (double)s->target_ns / (double)(ns ? ns : 1);
    double next = wanted < 2.0 * batch ? 2.0 * batch : wanted > 16.0 * batch ? 16.0 * batch : wanted;
    batch = next > MAX_BATCH ? MAX_BATCH : (uint32_t)next;
  }
  s->batch[f] = batch;
}

static void shuffle(const struct session *s, uint32_t pair) {
  uint64_t state = mix(mix(s->job->seed + s->process) + pair);
  for (size_t i = s->count; i > 1; i--) {
    state = mix(state);
    size_t j = state % i;
    uint32_t swapped = s->order[i - 1];
    s->order[i - 1] = s->order[j];
    s->order[j] = swapped;
  }
}

static void run_pair(struct session *s, uint32_t pair, bool last) {
  shuffle(s, pair);
  for (uint32_t position = 0; position < s->count; position++) {
    size_t f = s->order[position];
    restore(s);
    time_batch(s, f, 1);
    restore(s);
    uint64_t ns = time_batch(s, f, s->batch[f]);
    s->record->samples[pair * s->count + f] = (struct measured){position, s->batch[f], ns};
    /* A build must not be fast because it stopped computing: the outputs were wiped before this very batch. */
    bool check = !s->in_place && (s->small || last);
    if (check && hash_outputs(s) != s->first_hash[f] && !s->record->changed) s->record->changed = (uint32_t)f + 1;
  }
}

static void run_process(void *context) {
  struct session *s = context;
  /* The stack's place varies between processes, as it would if they were started anew. */
  volatile uint8_t *shift = __builtin_alloca(16 + mix(s->job->seed ^ s->process) % 256 * 16);
  shift[0] = 0;
  uint64_t started = now_ns(), grain = tick_ns() * TICKS;
  s->target_ns = s->job->min_sample_ns > grain ? s->job->min_sample_ns : grain;
  for (size_t f = 0; f < s->count; f++) {
    s->order[f] = (uint32_t)f;
    restore(s);
    time_batch(s, f, 1);
    s->first_hash[f] = hash_outputs(s);
    calibrate(s, f);
  }
  uint64_t budget = (uint64_t)s->limit_ms * 800000ULL; /* leaves a fifth of the limit for what is begun */
  for (uint32_t pair = 0; pair < s->job->pairs; pair++) {
    bool last = pair + 1 == s->job->pairs;
    run_pair(s, pair, last);
    s->record->pairs = pair + 1;
    if (now_ns() - started > budget) break;
  }
  for (size_t f = 0; f < s->count; f++) {
    restore(s);
    time_batch(s, f, 1);
    if (hash_outputs(s) != s->first_hash[f] && !s->record->changed) s->record->changed = (uint32_t)f + 1;
  }
}

static void put_failure(const struct job *job, const struct function *function, const char *reason) {
  put("{\"kind\":\"time-failed\",\"job\":%u", job->number);
  if (function) {
    put(",\"function\":");
    put_string(function->id);
  }
  put_reason(reason);
  put("}");
  end_line();
}

static void put_samples(const struct session *s) {
  for (uint32_t pair = 0; pair < s->record->pairs; pair++)
    for (size_t f = 0; f < s->count; f++) {
      struct measured m = s->record->samples[pair * s->count + f];
      put("{\"kind\":\"sample\",\"job\":%u,\"function\":", s->job->number);
      put_string(s->functions[f]->id);
      put(",\"process\":%u,\"pair\":%u,\"position\":%u,\"batch\":%u,\"nsPerCall\":%.4f,\"metric\":\"time\",\"retaken\":0}", s->process, pair, m.position,
          m.batch, (double)m.ns / m.batch);
      end_line();
    }
}

/* What the child claims, held against what the parent saw: it cannot have timed more than the time that passed. */
static bool believable(const struct session *s, uint64_t wall_ns) {
  uint64_t total = 0;
  if (s->record->pairs == 0 || s->record->pairs > s->job->pairs) return false;
  for (size_t i = 0; i < s->record->pairs * s->count; i++) {
    if (s->record->samples[i].batch == 0 || s->record->samples[i].ns > wall_ns) return false;
    total += s->record->samples[i].ns;
  }
  return total <= wall_ns;
}

/* One process. True when it is done with; false when a function failed, was reported and left out. */
static bool run_one(struct session *s, char *reason) {
  uint64_t stagger = mix(s->job->seed + 977 * s->process), started = now_ns();
  if (!open_arena(&s->arena, s->job, 1, &stagger, INHERITED, reason, MAX_REASON)) {
    put_failure(s->job, NULL, reason);
    s->count = 0;
    return true;
  }
  fill_replica(&s->arena, 0, TIMING, 0);
  restore_arena(&s->arena);
  size_t output_bytes = 0;
  for (size_t i = 0; i < s->arena.slot_count; i++) {
    s->in_place |= s->arena.slots[i].in && s->arena.slots[i].out;
    if (s->arena.slots[i].out) output_bytes += s->arena.slots[i].bytes;
  }
  s->small = output_bytes <= CHECKED_EACH_PAIR;
  s->record->pairs = s->record->changed = 0;
  open_caller(&s->caller, &s->arena);
  enum outcome outcome = run_child(run_process, s, s->limit_ms, PINNED, &s->arena, reason, MAX_REASON);
  close_caller(&s->caller);
  size_t culprit = control->progress < s->count ? (size_t)control->progress : 0;
  if (outcome == COMPLETED && !check_canaries(&s->arena, reason, MAX_REASON)) outcome = FAILED;
  if (outcome == COMPLETED && s->record->changed) {
    outcome = FAILED;
    culprit = (s->record->changed - 1) % s->count;
    snprintf(reason, MAX_REASON, "gave other outputs in timed runs than in its first call");
  }
  if (outcome == COMPLETED && !believable(s, now_ns() - started)) {
    outcome = FAILED;
    snprintf(reason, MAX_REASON, "reported times that cannot be");
  }
  close_arena(&s->arena);
  if (outcome == COMPLETED) {
    put_samples(s);
    return true;
  }
  put_failure(s->job, s->functions[culprit], reason);
  memmove(&s->functions[culprit], &s->functions[culprit + 1], (--s->count - culprit) * sizeof *s->functions);
  return false;
}

void time_functions(const struct job *job) {
  struct session s = {.job = job, .count = job->function_count};
  size_t bytes = sizeof *s.record + (size_t)job->pairs * job->function_count * sizeof(struct measured);
  s.record = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (s.record == MAP_FAILED) fatal("out of memory: %zu bytes", bytes);
  s.functions = calloc(s.count + 1, sizeof *s.functions);
  s.first_hash = calloc(s.count + 1, sizeof *s.first_hash);
  s.batch = calloc(s.count + 1, sizeof *s.batch);
  s.order = calloc(s.count + 1, sizeof *s.order);
  for (size_t i = 0; i < s.count; i++) s.functions[i] = job->functions[i];
  s.limit_ms = job->processes ? job->limit_ms / job->processes + 1 : 0;
  char reason[MAX_REASON];
  for (s.process = 0; s.process < job->processes && s.count > 0;)
    if (run_one(&s, reason)) s.process++;
  munmap(s.record, bytes);
  free(s.functions);
  free(s.first_hash);
  free(s.batch);
  free(s.order);
}
