/* One timing job: the functions of a kernel, each in a process of its own, all pinned to one core, take turns in random
 * order, every second round in the reverse of the one before (ABBA), so that whatever else the machine does meets all
 * of them alike. As many sets of fresh processes as asked. A sample is a batch of calls, of at least 50 µs and a
 * hundred ticks of the clock.
 *
 * Calls alternate between two sets of inputs while the outputs stay in one place, and from pair to pair the inputs
 * change where they lie: a function that remembers pointers, inputs or that it was called before leaves the wrong
 * outputs, and these are looked at by the parent after every batch. Inputs are uniform in (-1, 1): nothing underflows.
 * Functions that work in place start each batch from the same data and are fed their own results within it. */
#include "time.h"
#include <stdlib.h>
#include <string.h>

enum { TICKS = 100, LEAST_NS = 50000, CHECKED_ALWAYS = 256 << 10 };

static bool run_process(struct session *s) {
  uint64_t started = now_ns(), grain = tick_ns() * TICKS, least = s->job->min_sample_ns;
  s->target_ns = least > grain ? least : grain;
  if (s->target_ns < LEAST_NS) s->target_ns = LEAST_NS;
  make_sets(s);
  s->retakes = s->job->pairs;
  for (size_t f = 0; f < s->count; f++) {
    s->order[f] = (uint32_t)f;
    if (!prepare(s, f)) return false;
  }
  s->pulse = await_quiet();
  uint64_t budget = (uint64_t)s->limit_ms * 800000ULL; /* leaves a fifth of the limit for what is begun */
  uint32_t pair = 0;
  for (bool last = false; !last; pair++) {
    shuffle(s, pair);
    last = pair + 1 == s->job->pairs || now_ns() - started > budget;
    if (!run_pair(s, pair, last)) return false;
  }
  s->taken = pair * s->count;
  for (size_t f = 0; f < s->count; f++)
    for (uint32_t i = 0; i < s->job->cold; i++)
      if (!take_cold(s, f, &s->samples[s->taken++])) return false;
  /* The same inputs twice, with the outputs wiped between; then others in the same place. */
  for (size_t f = 0; f < s->count; f++)
    if (!check_once(s, f, 0, 1) || !check_once(s, f, 0, 1) || !check_once(s, f, 1, 1)) return false;
  return true;
}

/* ---- answers ---- */
static void put_head(const struct session *s, const char *kind, const struct function *function) {
  put("{\"kind\":\"%s\",\"job\":%u", kind, s->job->number);
  if (!function) return;
  put(",\"function\":");
  put_string(function->id);
}

static void put_failure(const struct session *s, const struct function *function) {
  put_head(s, "time-failed", function);
  put_reason(s->reason);
  put("}");
  end_line();
}

static void put_samples(const struct session *s) {
  for (size_t i = 0; i < s->taken; i++) {
    const struct measured *m = &s->samples[i];
    size_t warm = s->taken - s->count * s->job->cold;
    size_t f = m->cold ? m->position : i % s->count, pair = m->cold ? (i - warm) % s->job->cold : i / s->count;
    put_head(s, "sample", s->subjects[f].function);
    put(",\"metric\":\"%s\",\"process\":%u,\"pair\":%zu,\"position\":%u,\"batch\":%u,\"nsPerCall\":%.4f,\"retaken\":%u",
        m->cold ? "time-cold" : "time", s->process, pair, m->position, m->batch, m->ns, m->retaken);
    if (m->disturbance) put(",\"disturbance\":\"%s\"", m->disturbance);
    put("}");
    end_line();
  }
  for (size_t f = 0; f < s->count && s->process == 0; f++) {
    if (!s->subjects[f].instructions) continue;
    put_head(s, "count", s->subjects[f].function);
    put(",\"instructions\":%llu}", (unsigned long long)s->subjects[f].instructions);
    end_line();
  }
}

/* One set of processes. True when it is done with; false when a function failed, was reported and left out. */
static bool run_one(struct session *s) {
  uint64_t stagger = mix(s->job->seed + 977 * s->process);
  if (!open_arena(&s->arena, s->job, 2, &stagger, s->reason, MAX_REASON)) {
    put_failure(s, NULL);
    s->count = 0;
    return true;
  }
  restore_arena(&s->arena);
  size_t output_bytes = 0;
  s->in_place = false;
  for (size_t i = 0; i < s->arena.slot_count; i++) {
    s->in_place |= s->arena.slots[i].in && s->arena.slots[i].out;
    if (s->arena.slots[i].out) output_bytes += s->arena.slots[i].bytes;
  }
  s->small = output_bytes <= CHECKED_ALWAYS;
  s->taken = 0;
  bool fine = run_process(s);
  for (size_t f = 0; f < s->count; f++) close_worker(&s->subjects[f].worker);
  for (size_t f = 0; f < s->count; f++) s->subjects[f].retaken = 0;
  for (uint32_t set = 0; set < SETS; set++) hidden_free(s->sets[set], s->arena.size);
  if (fine && !check_canaries(&s->arena, s->reason, MAX_REASON)) fine = false;
  close_arena(&s->arena);
  if (fine) put_samples(s);
  if (fine) return true;
  put_failure(s, s->subjects[s->culprit].function);
  memmove(&s->subjects[s->culprit], &s->subjects[s->culprit + 1], (--s->count - s->culprit) * sizeof *s->subjects);
  return false;
}

void time_functions(const struct job *job) {
  char reason[MAX_REASON];
  struct session s = {.job = job, .count = job->function_count, .reason = reason};
  s.subjects = calloc(s.count + 1, sizeof *s.subjects);
  s.order = calloc(s.count + 1, sizeof *s.order);
  s.samples = calloc(((size_t)job->pairs + job->cold) * s.count + 1, sizeof *s.samples);
  for (size_t i = 0; i < s.count; i++) s.subjects[i] = (struct subject){.function = job->functions[i], .worker.counter = -1};
  static bool looked;
  if (!looked) {
    looked = true;
    put_head(&s, "machine", NULL);
    put(",\"leastCrowding\":%llu}", (unsigned long long)choose_core());
    end_line();
  }
  know_crowding(job->least_crowding);
  s.limit_ms = job->processes ? job->limit_ms / job->processes + 1 : 0;
  for (s.process = 0; s.process < job->processes && s.count > 0;)
    if (run_one(&s)) s.process++;
  free(s.subjects);
  free(s.order);
  free(s.samples);
}
