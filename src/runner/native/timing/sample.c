/* Samples of one timing job: buffers and orders, what is looked at after each batch, and what is taken again. */
#include "time.h"
#include <stdio.h>
#include <string.h>

enum { MAX_BATCH = 1 << 22, RETAKES = 3 };
enum { COLD_CALLS = 16, COLD_MOST_NS = 4000000 };

/* ---- buffers ---- */
static void load(const struct session *s, uint32_t set, bool inputs) {
  for (size_t i = 0; i < s->arena.slot_count; i++) {
    const struct slot *slot = &s->arena.slots[i];
    if (!slot->out && !inputs) continue;
    for (size_t at = slot->offset; at < slot->offset + 2 * slot->stride; at += slot->stride)
      memcpy(s->arena.mine + at, s->sets[set] + at, slot->bytes);
  }
}

void make_sets(struct session *s) {
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
bool check_once(struct session *s, size_t f, uint32_t set, uint32_t replica) {
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

bool prepare(struct session *s, size_t f) {
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
    if (crowded(s->pulse) && affordable()) s->pulse = await_quiet();
    follow(&subject->worker);
    uint64_t started = now_ns();
    bool shared = crowded(s->pulse);
    int core = subject->worker.pinned ? 0 : cpu_of(subject->worker.pid);
    if (!take_batch(s, f, set, last, &t)) return false;
    bool check = !s->in_place && (s->small || pair == 0 || last_pair);
    if (check && hash_outputs(s, last) != subject->expected[set][last]) return changed(s);
    why = disturbance(&subject->worker, &t, core);
    uint64_t chained = s->pulse.chained;
    s->pulse = feel_pulse();
    if (!why && (shared || crowded(s->pulse))) why = "neighbour";
    if (!why && !alike(chained, s->pulse.chained)) why = "frequency";
    if (!why || tries == RETAKES || !affordable()) break;
    lose(now_ns() - started);
    subject->retaken++;
  }
  *out = (struct measured){.position = out->position, .batch = subject->batch, .retaken = subject->retaken,
                           .disturbance = why, .ns = (double)t.ns / subject->batch};
  subject->retaken = 0;
  return true;
}

bool take_cold(struct session *s, size_t f, struct measured *out) {
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

void shuffle(const struct session *s, uint32_t pair) {
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

/* One round; again, whole, when the machine was stopped in it and there are retakes left. */
bool run_pair(struct session *s, uint32_t pair, bool last) {
  load(s, pair % SETS, true);
  uint64_t stolen = stolen_ticks(), started = now_ns();
  struct measured *row = s->samples + pair * s->count;
  for (uint32_t position = 0; position < s->count; position++) {
    size_t f = s->order[position];
    row[f] = (struct measured){.position = position};
    if (!take_sample(s, f, pair, last, &row[f])) return false;
  }
  if (stolen_ticks() == stolen) return true;
  if (s->retakes > 0 && affordable()) {
    s->retakes--;
    lose(now_ns() - started);
    for (size_t f = 0; f < s->count; f++) s->subjects[f].retaken = row[f].retaken + 1;
    return run_pair(s, pair, last);
  }
  for (size_t f = 0; f < s->count; f++) row[f].disturbance = "steal";
  return true;
}
