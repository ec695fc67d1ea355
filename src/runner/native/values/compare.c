/* What every output element may be, gathered from reference runs, and whether a function's outputs are that.
 * All of it lives in memory that children do not inherit. */
#include "runner.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNDEFINED = 1, DIFFERS = 2, MAY_BE_NAN = 8 }; /* the latter two shifted by the semantics */

/* One writable slot, seen as the elements of its output argument, and as bytes where that does not reach. */
struct view {
  const struct slot *slot;
  const struct dtype *dtype;
  size_t units, all; /* elements' scalars, and those with the trailing bytes */
  size_t bytes;      /* of one side of the comparison: replicas × stride */
  uint8_t *value, *lowest[2], *highest[2], *flags;
};
struct expectation {
  const struct arena *arena;
  struct view *views;
  size_t view_count;
};

struct expectation *open_expectation(const struct arena *a) {
  struct expectation *e = calloc(1, sizeof *e);
  e->arena = a;
  e->views = calloc(a->slot_count + 1, sizeof *e->views);
  for (size_t i = 0; i < a->slot_count; i++) {
    const struct slot *s = &a->slots[i];
    if (!s->out) continue;
    struct view *v = &e->views[e->view_count++];
    const struct argument *arg = &a->job->arguments[s->argument];
    v->slot = s;
    v->dtype = arg->dtype;
    v->units = arg->bytes / v->dtype->unit_bytes;
    v->all = v->units + s->bytes - v->units * v->dtype->unit_bytes;
    v->bytes = s->stride * a->replicas;
    v->value = hidden_alloc(v->bytes);
    v->flags = hidden_alloc(v->all * a->replicas);
  }
  return e;
}

void close_expectation(struct expectation *e) {
  for (size_t i = 0; i < e->view_count; i++) {
    struct view *v = &e->views[i];
    hidden_free(v->value, v->bytes);
    hidden_free(v->flags, v->all * e->arena->replicas);
    for (int s = 0; s < 2; s++) {
      hidden_free(v->lowest[s], v->bytes);
      hidden_free(v->highest[s], v->bytes);
    }
  }
  free(e->views);
  free(e);
}

struct unit {
  const struct dtype *dtype;
  size_t at; /* in the view's arrays */
};

static struct unit unit_at(const struct view *v, size_t replica, size_t index) {
  size_t base = replica * v->slot->stride;
  if (index < v->units) return (struct unit){v->dtype, base + index * v->dtype->unit_bytes};
  return (struct unit){&byte_dtype, base + v->units * v->dtype->unit_bytes + (index - v->units)};
}

static uint64_t bits_at(const uint8_t *memory, struct unit u) { return load_bits(memory + u.at, u.dtype->unit_bytes); }

/* Widens the hull of one element under one semantics by what a reference run gave. */
static void widen(struct view *v, size_t flag, enum semantics s, struct unit u, uint64_t expected, uint64_t given) {
  if (!v->lowest[s]) {
    v->lowest[s] = hidden_alloc(v->bytes);
    v->highest[s] = hidden_alloc(v->bytes);
  }
  if (!(v->flags[flag] & DIFFERS << s)) {
    store_bits(v->lowest[s] + u.at, u.dtype->unit_bytes, expected);
    store_bits(v->highest[s] + u.at, u.dtype->unit_bytes, expected);
  }
  v->flags[flag] |= (uint8_t)(DIFFERS << s);
  if (is_nan(u.dtype, given) || is_nan(u.dtype, expected)) v->flags[flag] |= (uint8_t)(MAY_BE_NAN << s);
  if (is_nan(u.dtype, given)) return;
  uint64_t low = bits_at(v->lowest[s], u), high = bits_at(v->highest[s], u);
  if (is_nan(u.dtype, low) || ordinal(u.dtype, given) < ordinal(u.dtype, low))
    store_bits(v->lowest[s] + u.at, u.dtype->unit_bytes, given);
  if (is_nan(u.dtype, high) || ordinal(u.dtype, given) > ordinal(u.dtype, high))
    store_bits(v->highest[s] + u.at, u.dtype->unit_bytes, given);
}

static void expect_unit(struct expectation *e, struct view *v, const struct reference *ref, size_t replica,
                        size_t index, const uint8_t *given) {
  enum role role = ref->role;
  size_t flag = replica * v->all + index;
  struct unit u = unit_at(v, replica, index);
  bool flush = e->arena->job->flush;
  uint64_t bits = canonical(u.dtype, bits_at(given, u), flush);
  uint64_t expected = canonical(u.dtype, bits_at(v->value, u), flush);
  if (bits == expected) return;
  if (role == PROBE) v->flags[flag] |= UNDEFINED;
  if (role == WIDEN_IR) widen(v, flag, IR, u, expected, bits);
  if (role == DEPENDS) widen(v, flag, XLA, u, expected, expected);
  /* What depends on nothing that XLA may exchange stays exact: it is rounded to nearest as everywhere. */
  bool open = role == WIDEN_XLA && (ref->rounding == NEAREST || v->flags[flag] & DIFFERS << XLA);
  if (role == WIDEN_IR || open) widen(v, flag, XLA, u, expected, bits);
}

void expect_outputs(struct expectation *e, const struct reference *ref, const uint8_t *skip) {
  const struct arena *a = e->arena;
  for (size_t i = 0; i < e->view_count; i++) {
    struct view *v = &e->views[i];
    const uint8_t *given = a->mine + v->slot->offset;
    if (ref->role == VALUE) {
      memcpy(v->value, given, v->bytes);
      memset(v->flags, 0, v->all * a->replicas);
      continue;
    }
    if (memcmp(v->value, given, v->bytes) == 0) continue;
    for (size_t r = 0; r < a->replicas; r++) {
      size_t at = r * v->slot->stride;
      if (skip[r] || memcmp(v->value + at, given + at, v->slot->bytes) == 0) continue;
      for (size_t index = 0; index < v->all; index++) expect_unit(e, v, ref, r, index, given);
    }
  }
}

/* THE widening. Reference runs sample the results that the semantics permit: they bound each source of error alone,
 * one sign at a time for the whole kernel, while a build may mix signs and sources between operations. So where runs
 * differ at all, their hull grows on each side by half its width and one unit in the last place. Where they all
 * agree nothing is widened: the result must be exact. Integers are never widened. Infinities count as the largest
 * finite value when the width is taken. */
static const double WIDENING = 0.5;

static double finite_at(const struct dtype *t, int64_t order) {
  int64_t most = (int64_t)largest_bits(t);
  return decode(t, from_ordinal(t, order > most ? most : order < -most ? -most : order));
}

static bool within(const struct dtype *t, uint64_t low, uint64_t high, uint64_t actual) {
  int64_t lowest = ordinal(t, low), highest = ordinal(t, high), at = ordinal(t, actual);
  if (at >= lowest && at <= highest) return true;
  if (t->class != FLOATING) return false;
  if (at >= lowest - 1 && at <= highest + 1) return true;
  double x = decode(t, actual), a = finite_at(t, lowest - 1), b = finite_at(t, highest + 1);
  double grow = WIDENING * (b - a), most = finite_at(t, INT64_MAX);
  if (isinf(x)) return x > 0 ? b + grow > most : a - grow < -most;
  return x >= a - grow && x <= b + grow;
}

static double distance(const struct dtype *t, uint64_t a, uint64_t b) {
  if (t->class != FLOATING || is_nan(t, a) || is_nan(t, b)) return 0;
  return fabs((double)ordinal(t, a) - (double)ordinal(t, b));
}

/* True when the element is what it may be; else what it should have been is noted if it is the first. */
static bool unit_agrees(const struct expectation *e, const struct view *v, enum semantics s, size_t replica,
                        size_t index, const uint8_t *given, struct comparison *c) {
  uint8_t flags = v->flags[replica * v->all + index];
  if (flags & UNDEFINED) return true;
  struct unit u = unit_at(v, replica, index);
  bool flush = e->arena->job->flush;
  uint64_t actual = canonical(u.dtype, bits_at(given, u), flush);
  uint64_t expected = canonical(u.dtype, bits_at(v->value, u), flush);
  if (actual == expected) return true;
  bool bounded = flags & DIFFERS << s;
  uint64_t low = bounded ? bits_at(v->lowest[s], u) : expected, high = bounded ? bits_at(v->highest[s], u) : expected;
  /* A NaN that other runs do not give is infinities that meet, or do not, as single operations overflow: what is left
   * in its place is anything. So is what may be an infinity of either sign, NaN included. */
  bool anything = bounded && isinf(decode(u.dtype, low)) && isinf(decode(u.dtype, high)) && low != high;
  bool allowed = is_nan(u.dtype, actual) ? anything || flags & MAY_BE_NAN << s
                                         : bounded && !is_nan(u.dtype, low) &&
                                             (is_nan(u.dtype, expected) || within(u.dtype, low, high, actual));
  if (allowed) {
    c->worst_ulps = fmax(c->worst_ulps, distance(u.dtype, actual, expected));
    return true;
  }
  if (c->differing && replica != c->replica) return false; /* counted for the first replica that differs alone */
  if (c->differing++ == 0) {
    bool tail = index >= v->units;
    c->agrees = false;
    c->replica = replica;
    c->argument = v->slot->argument;
    c->element = tail ? u.at - replica * v->slot->stride : index / v->dtype->units;
    c->dtype = u.dtype;
    c->expected = bits_at(v->value, u);
    c->actual = bits_at(given, u);
    c->bounded = bounded;
    c->lowest = low;
    c->highest = high;
  }
  return false;
}

struct comparison compare_outputs(const struct expectation *e, enum semantics s, const uint8_t *skip) {
  const struct arena *a = e->arena;
  struct comparison c = {.agrees = true};
  for (size_t i = 0; i < e->view_count; i++) {
    const struct view *v = &e->views[i];
    const uint8_t *given = a->mine + v->slot->offset;
    if (memcmp(v->value, given, v->bytes) == 0) continue;
    for (size_t r = 0; r < a->replicas; r++) {
      size_t at = r * v->slot->stride;
      if (skip[r] || memcmp(v->value + at, given + at, v->slot->bytes) == 0) continue;
      for (size_t index = 0; index < v->all; index++) unit_agrees(e, v, s, r, index, given, &c);
    }
  }
  return c;
}
