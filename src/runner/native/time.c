/* One timing job: the functions of a kernel, each in a process of its own, all pinned to one core, take turns in random
 * order, every second round in the reverse of the one before (ABBA), so that whatever else the machine does meets all
 * of them alike. As many sets of fresh processes as asked. A sample is a batch of calls, of at least 50 µs and a
 * hundred ticks of the clock.
 *
 * Calls alternate between two sets of inputs while the outputs stay in one place, and from pair to pair the inputs
 * change where they lie: a function that remembers pointers, inputs or that it was called before leaves the wrong
 * outputs, and these are looked at by the parent after every batch. Inputs are uniform in (-1, 1): nothing underflows.
 * Functions that work in place start each batch from the same data and are fed their own results within it. */
#include "runner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS = 100, LEAST_NS = 50000, MAX_BATCH = 1 << 22, SETS = 2, RETAKES = 3 };
enum { CHECKED_ALWAYS = 256 << 10, COLD_CALLS = 16, COLD_MOST_NS = 4000000, PULSES = 5, PULSE_PERCENT = 4 };

struct subject {
  const struct function *function;
  struct worker worker;
  uint32_t batch, retaken;
  bool constant;              /* its outputs do not depend on the inputs */
  uint64_t expected[SETS][2]; /* hashes of what its first calls gave */
  uint64_t instructions;      /* of a call */
};
struct measured {
  uint32_t position, batch, retaken;
  bool cold;
  const char *disturbance;
  double ns;
};
struct session {
  const struct job *job;
  struct subject *subjects;
  size_t count;
  struct worker pulse;
  struct arena arena;
  uint8_t *sets[SETS]; /* inputs, and first contents of outputs */
  struct measured *samples; /* pair × function, then cold ones */
  size_t taken;
  uint32_t *order, process, limit_ms; /* of one process: its share of the job's */
  uint64_t target_ns, pulse_ns, retakes;
  size_t culprit;
  bool in_place, small;
  char *reason;
};

/* ---- buffers ---- */
static void load(const struct session *s, uint32_t set, bool inputs) {
  for (size_t i = 0; i < s->arena.slot_count; i++) {
    const struct slot *slot = &s->arena.slots[i];
    if (!slot->out && !inputs) continue;
    for (size_t at = slot->offset; at < slot->offset + 2 * slot->stride; at += slot->stride)
      memcpy(s->arena.mine + at, s->sets[set] + at, slot->bytes);
  }
}

static void make_sets(struct session *s) {
  for (uint32_t set = 0; set < SETS; set++) {
    s->sets[set] = hidden_alloc(s->arena.size);
    for (uint32_t r = 0; r < 2; r++) fill_replica(&s->arena, r, TIMING, 2 * set + r);
    for (size_t i = 0; i < s->arena.slot_count; i++) {
      const struct slot *slot = &s->arena.slots[i];
      const uint8_t *from = slot->out ? slot->pristine : s->arena.mine + slot->offset;
      memcpy(s->sets[set] + slot->offset, from, 2 * slot->stride);
    }
  }
}

static uint64_t hash_outputs(const struct session *s, uint32_t replica) {
  uint64_t hash = 0;
  for (size_t i = 0; i < s->arena.slot_count; i++) {
    const struct slot *slot = &s->arena.slots[i];
    if (!slot->out) continue;
    const uint8_t *at = s->arena.mine + slot->offset + (slot->in ? replica * slot->stride : 0);
    for (size_t b = 0; b < slot->bytes; b += 8) {
      uint64_t word = 0;
      memcpy(&word, at + b, slot->bytes - b < 8 ? slot->bytes - b : 8);
      hash = (hash ^ word) * 0xd6e8feb86659fd93ULL;
      hash ^= hash >> 29;
    }
  }
  return hash;
}

/* ---- orders ---- */
static bool order(struct session *s, size_t f, struct order what, struct timing *t) {
  s->culprit = f;
  return give_order(&s->subjects[f].worker, what, s->limit_ms, &s->arena, t, s->reason);
}

static bool changed(struct session *s) {
  snprintf(s->reason, MAX_REASON, "gave other outputs in timed runs than in its first calls");
  return false;
}

/* One call on fresh data, and whether it gave what the first did. */
static bool check_once(struct session *s, size_t f, uint32_t set, uint32_t replica) {
  struct timing t;
  load(s, set, true);
  if (!order(s, f, (struct order){.calls = 1, .last = replica}, &t)) return false;
  return hash_outputs(s, replica) == s->subjects[f].expected[set][replica] || changed(s);
}

/* Leaves the worker between orders as a batch should find it: both inputs touched, the other one's outputs in place. */
static bool warm_up(struct session *s, size_t f, uint32_t set, uint32_t last) {
  struct timing t;
  if (s->in_place) load(s, set, false);
  if (!order(s, f, (struct order){.calls = 2, .last = !last}, &t)) return false;
  if (s->in_place || s->subjects[f].constant) load(s, set, false);
  return true;
}

static bool take_batch(struct session *s, size_t f, uint32_t set, uint32_t last, struct timing *t) {
  return warm_up(s, f, set, last) && order(s, f, (struct order){.calls = s->subjects[f].batch, .last = last}, t);
}

static bool calibrate(struct session *s, size_t f) {
  struct subject *subject = &s->subjects[f];
  for (subject->batch = 1;;) {
    struct timing t;
    if (!take_batch(s, f, 0, 0, &t)) return false;
    subject->instructions = t.instructions / subject->batch;
    if (t.ns >= s->target_ns) return true;
    if (subject->batch >= MAX_BATCH) {
      snprintf(s->reason, MAX_REASON, "took less time than any call can: it cannot have been called");
      return false;
    }
    /* Towards the target with a fifth to spare, at least double and at most sixteenfold a step. */
    double batch = subject->batch, wanted = 1.2 * batch * (double)s->target_ns / (double)(t.ns ? t.ns : 1);
    double next = wanted < 2 * batch ? 2 * batch : wanted > 16 * batch ? 16 * batch : wanted;
    subject->batch = next > MAX_BATCH ? MAX_BATCH : (uint32_t)next;
  }
}

static bool prepare(struct session *s, size_t f) {
  struct subject *subject = &s->subjects[f];
  struct timing t;
  s->culprit = f;
  uint32_t shift = (uint32_t)mix(s->job->seed ^ (s->process << 8 | f));
  if (!open_worker(&subject->worker, subject->function, &s->arena, s->limit_ms, shift, s->reason)) return false;
  for (uint32_t set = 0; set < SETS; set++)
    for (uint32_t r = 0; r < 2; r++) {
      load(s, set, true);
      if (!order(s, f, (struct order){.calls = 1, .last = r}, &t)) return false;
      subject->expected[set][r] = hash_outputs(s, r);
    }
  if (!check_canaries(&s->arena, s->reason, MAX_REASON)) return false;
  subject->constant = subject->expected[0][0] == subject->expected[0][1];
  load(s, 0, true);
  return calibrate(s, f);
}

/* ---- samples ---- */
/* Preempted: the child's own clock went on while the kernel's account of it did not. */
static const char *disturbance(const struct worker *w, const struct timing *t, int core) {
  uint64_t slack = t->ns / 50 + 10000;
  if (t->overran) return "overran";
  if (!w->pinned && core != cpu_of(w->pid)) return "migrated";
  return t->claimed_ns > t->ns + w->overhead_ns + slack ? "preempted" : NULL;
}

static bool take_sample(struct session *s, size_t f, uint32_t pair, bool last_pair, struct measured *out) {
  struct subject *subject = &s->subjects[f];
  uint32_t set = pair % SETS, last = (uint32_t)mix(s->job->seed ^ (pair * s->count + f)) & 1;
  struct timing t;
  const char *why = NULL;
  for (uint32_t tries = 0;; tries++) {
    int core = subject->worker.pinned ? 0 : cpu_of(subject->worker.pid);
    if (!take_batch(s, f, set, last, &t)) return false;
    bool check = !s->in_place && (s->small || pair == 0 || last_pair);
    if (check && hash_outputs(s, last) != subject->expected[set][last]) return changed(s);
    why = disturbance(&subject->worker, &t, core);
    if (!why || tries == RETAKES) break;
    subject->retaken++;
  }
  *out = (struct measured){.position = out->position, .batch = subject->batch, .retaken = subject->retaken,
                           .disturbance = why, .ns = (double)t.ns / subject->batch};
  subject->retaken = 0;
  return true;
}

static bool take_cold(struct session *s, size_t f, struct measured *out) {
  struct subject *subject = &s->subjects[f];
  struct timing t;
  if (s->in_place) load(s, 0, false);
  double call = s->samples[f].ns + 1;
  uint32_t calls = call * COLD_CALLS > COLD_MOST_NS ? 1 + (uint32_t)(COLD_MOST_NS / call) : COLD_CALLS;
  if (!order(s, f, (struct order){.calls = calls, .cold = true}, &t)) return false;
  *out = (struct measured){.position = (uint32_t)f, .batch = calls, .cold = true, .ns = (double)t.claimed_ns / calls,
                           .disturbance = t.claimed_ns > t.ns + subject->worker.overhead_ns + 10000 ? "preempted" : NULL};
  return true;
}

static void shuffle(const struct session *s, uint32_t pair) {
  size_t n = s->count;
  uint64_t state = mix(mix(s->job->seed + s->process) + pair);
  for (size_t i = 0; i < n / 2 && pair % 2 == 1; i++) {
    uint32_t swapped = s->order[i];
    s->order[i] = s->order[n - 1 - i];
    s->order[n - 1 - i] = swapped;
  }
  for (size_t i = n; i > 1 && pair % 2 == 0; i--) {
    state = mix(state);
    size_t j = state % i;
    uint32_t swapped = s->order[i - 1];
    s->order[i - 1] = s->order[j];
    s->order[j] = swapped;
  }
}

/* The time of a pulse, or 0 when it failed, which is no function's fault. */
static uint64_t feel_pulse(struct session *s) {
  struct timing t;
  char reason[MAX_REASON];
  if (!s->pulse.pid || !give_order(&s->pulse, (struct order){.calls = 1}, s->limit_ms, &s->arena, &t, reason)) return 0;
  return t.ns;
}

/* One round; again, whole, when the machine was disturbed in it and there are retakes left. */
static bool run_pair(struct session *s, uint32_t pair, bool last) {
  load(s, pair % SETS, true);
  uint64_t stolen = stolen_ticks();
  struct measured *row = s->samples + pair * s->count;
  for (uint32_t position = 0; position < s->count; position++) {
    size_t f = s->order[position];
    row[f] = (struct measured){.position = position};
    if (!take_sample(s, f, pair, last, &row[f])) return false;
  }
  uint64_t beat = feel_pulse(s), least = s->pulse_ns * (100 - PULSE_PERCENT) / 100, most = s->pulse_ns * (100 + PULSE_PERCENT) / 100;
  const char *why = stolen_ticks() != stolen ? "steal" : beat && (beat < least || beat > most) ? "frequency" : NULL;
  if (!why) return true;
  s->pulse_ns = beat ? beat : s->pulse_ns;
  if (s->retakes > 0) {
    s->retakes--;
    for (size_t f = 0; f < s->count; f++) s->subjects[f].retaken = row[f].retaken + 1;
    return run_pair(s, pair, last);
  }
  for (size_t f = 0; f < s->count; f++) row[f].disturbance = why;
  return true;
}

/* The median of a few pulses; the worker that gives them may be missing. */
static void find_pulse(struct session *s) {
  char reason[MAX_REASON];
  uint64_t beats[PULSES];
  if (!open_worker(&s->pulse, &pulse, &s->arena, s->limit_ms, 0, reason)) close_worker(&s->pulse);
  for (size_t i = 0; i < PULSES; i++) {
    size_t at = i;
    for (beats[i] = feel_pulse(s); at > 0 && beats[at - 1] > beats[at]; at--) {
      uint64_t swapped = beats[at];
      beats[at] = beats[at - 1];
      beats[at - 1] = swapped;
    }
  }
  s->pulse_ns = beats[PULSES / 2];
}

static bool run_process(struct session *s) {
  uint64_t started = now_ns(), grain = tick_ns() * TICKS, least = s->job->min_sample_ns;
  s->target_ns = least > grain ? least : grain;
  if (s->target_ns < LEAST_NS) s->target_ns = LEAST_NS;
  make_sets(s);
  find_pulse(s);
  s->retakes = s->job->pairs;
  for (size_t f = 0; f < s->count; f++) {
    s->order[f] = (uint32_t)f;
    if (!prepare(s, f)) return false;
  }
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
  close_worker(&s->pulse);
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
  s.limit_ms = job->processes ? job->limit_ms / job->processes + 1 : 0;
  for (s.process = 0; s.process < job->processes && s.count > 0;)
    if (run_one(&s)) s.process++;
  free(s.subjects);
  free(s.order);
  free(s.samples);
}
