/* Seeded inputs. Every byte follows from (seed, trial, argument, element) by integer arithmetic, or by arithmetic on
 * doubles that is exact or rounded to nearest, so every architecture makes the same. */
#include "runner.h"
#include <math.h>
#include <string.h>

const char *const kind_names[KINDS] = {"uniform", "wide",  "edges", "sprinkled", "indices", "zeros",
                                       "tiny",    "small", "large", "scaled",    "timing",  "exhaustive"};

/* The finaliser of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

static uint64_t uniform(const struct dtype *t, uint64_t r) {
  if (t->unit_bytes == 4) {
    float value = (float)((int32_t)(r >> 39) - (1 << 24)) * 0x1p-24f;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
  }
  return encode(t, (double)((int64_t)(r >> 10) - (1LL << 53)) * 0x1p-53);
}

static uint64_t wide(const struct dtype *t, uint64_t r) {
  uint64_t finite = (largest_bits(t) >> t->mantissa) + 1;
  uint64_t fraction = (r >> 8) & ((1ULL << t->mantissa) - 1);
  uint64_t exponent = (r & 1 ? r >> 32 : (uint64_t)(t->bias - 6) + (r >> 32) % 13) % finite;
  uint64_t bits = exponent << t->mantissa | fraction;
  if (bits > largest_bits(t)) bits = largest_bits(t);
  if (bits == 0 && t->style == UNSIGNED_ZERO) return 0;
  return bits | (r >> 1 & 1) << (8 * t->unit_bytes - 1);
}

static uint64_t edge(const struct dtype *t, uint64_t r) {
  /* The last ones are where exp and its kin overflow, underflow or stop to matter in f32 and f64. */
  static const double values[] = {1,   0.5, 2,    3,    0.1, 10,    255,   256,   65504, 1e-3,  1e-8, 8388609,
                                  0.7, 20,  88.7, 89.5, 104, 709.5, 745.5, 0x1p31, 0x1p63, 1e30, 1e-30, 1e-6};
  enum { VALUES = sizeof values / sizeof *values, SPECIAL = 12 };
  uint64_t sign = 1ULL << (8 * t->unit_bytes - 1), normal = 1ULL << t->mantissa, one = encode(t, 1), bits;
  switch ((r >> 8) % (VALUES + SPECIAL)) {
  case 0: case 1: bits = 0; break;
  case 2: case 3: bits = t->style == IEEE ? largest_bits(t) + 1 : largest_bits(t); break;
  case 4: case 5: return canonical(t, t->style == UNSIGNED_ZERO ? sign : sign - 1, false);
  case 6: bits = 1; break;
  case 7: bits = normal - 1; break;
  case 8: bits = normal; break;
  case 9: bits = largest_bits(t); break;
  case 10: bits = one + 1; break;
  case 11: bits = one - 1; break;
  default: bits = encode(t, values[(r >> 8) % (VALUES + SPECIAL) - SPECIAL]);
  }
  if (bits == 0 && t->style == UNSIGNED_ZERO) return 0;
  return r & 1 ? bits | sign : bits;
}

/* Kinds whose magnitudes lie together in one trial, as powers of two in sixteenths of the type's range on one side of
 * 1. Rounding errors of tiny sums are normal numbers still; products of two of the others neither underflow nor
 * overflow. */
static const struct magnitude {
  int8_t sign, least, most;
} magnitudes[KINDS] = {[TINY] = {-1, 9, 12}, [SMALL] = {-1, 4, 7}, [LARGE] = {1, 4, 7}, [SCALED] = {0, 0, 7}};

/* Within a factor of 16: `scale` is of the trial, or of the argument where each has its own. */
static uint64_t together(const struct dtype *t, struct magnitude m, uint64_t scale, uint64_t r) {
  int least = m.least * t->bias / 16, most = m.most * t->bias / 16;
  int power = least + (int)((scale >> 8) % (uint64_t)(most - least + 1));
  int exponent = t->bias + (m.sign == 0 ? (scale & 1 ? 1 : -1) : m.sign) * power + (int)(r >> 32 & 3);
  uint64_t bits = (uint64_t)exponent << t->mantissa | ((r >> 8) & ((1ULL << t->mantissa) - 1));
  if (bits > largest_bits(t)) bits = largest_bits(t);
  if (bits == 0 && t->style == UNSIGNED_ZERO) return 0;
  return bits | (r >> 1 & 1) << (8 * t->unit_bytes - 1);
}

static uint64_t floating(const struct dtype *t, enum input_kind kind, uint64_t scale, uint64_t r) {
  switch (kind) {
  case TINY: case SMALL: case LARGE: case SCALED: return together(t, magnitudes[kind], scale, r);
  case WIDE: return wide(t, r);
  case EDGES: return edge(t, r);
  case SPRINKLED: return r >> 60 == 0 ? edge(t, r) : uniform(t, r);
  case ZEROS: return 0;
  default: return uniform(t, r);
  }
}

static uint64_t trimmed(const struct dtype *t, uint64_t bits) {
  unsigned spare = 64 - t->value_bits;
  bits <<= spare;
  bits = t->class == SIGNED_INT ? (uint64_t)((int64_t)bits >> spare) : bits >> spare;
  return t->unit_bytes == 8 ? bits : bits & ((1ULL << 8 * t->unit_bytes) - 1);
}

static uint64_t integer(const struct job *job, const struct dtype *t, enum input_kind kind, uint64_t r) {
  if (kind == ZEROS) return 0;
  if (t->value_bits == 1) return r >> 63;
  uint64_t s = mix(r);
  if (kind == INDICES || kind == TIMING) {
    /* The smaller of two dimensions: several indices are often inside together, as scatters and slices ask. */
    uint64_t dim = 2, other = 2;
    if (job->dim_count) {
      dim = (uint64_t)job->dims[s % job->dim_count];
      other = (uint64_t)job->dims[(s >> 32) % job->dim_count];
    }
    if (other < dim && r >> 61 != 0) dim = other;
    /* One index in eight may lie up to three outside, on either side, but never when times are taken. */
    if (kind == INDICES && r >> 61 == 0) return trimmed(t, r & 1 << 8 ? dim + (r >> 9) % 4 : ~((r >> 9) % 3));
    return trimmed(t, (r >> 8) % dim);
  }
  uint64_t top = 1ULL << (t->value_bits - 1);
  const uint64_t extremes[] = {0, 1, ~0ULL, top, top - 1, top + 1, top - 2, 2};
  switch (r >> 62) {
  case 0: return trimmed(t, s);
  case 1: return trimmed(t, extremes[s & 7]);
  default: return trimmed(t, s % 17 - (t->class == SIGNED_INT ? 8 : 0));
  }
}

static uint64_t key_of(const struct job *job, uint64_t trial, uint64_t argument) {
  return mix(mix(mix(job->seed) + trial) + argument);
}

static void noise(uint8_t *at, size_t bytes, uint64_t key) {
  for (size_t i = 0; i < bytes; i += 8) {
    uint64_t word = mix(key + i);
    memcpy(at + i, &word, bytes - i < 8 ? bytes - i : 8);
  }
}

static uint8_t *contents(const struct arena *a, const struct slot *s) {
  return s->out ? s->pristine : a->mine + s->offset;
}

void fill_replica(const struct arena *a, size_t replica, enum input_kind kind, uint64_t trial) {
  for (size_t i = 0; i < a->slot_count; i++) {
    const struct slot *s = &a->slots[i];
    uint8_t *at = contents(a, s) + replica * s->stride;
    /* What no input fills is the same noise for every function: an output left unwritten then shows as a
     * difference, unless the reference leaves it unwritten too. */
    if (s->out) noise(at, s->stride, ~key_of(a->job, trial, s->argument));
    if (!s->in) continue;
    const struct argument *arg = &a->job->arguments[s->source];
    const struct dtype *t = arg->dtype;
    uint64_t key = key_of(a->job, trial, s->source);
    uint64_t scale = mix(kind == SCALED ? ~key : key_of(a->job, trial, ~0ULL));
    for (size_t unit = 0; (unit + 1) * t->unit_bytes <= arg->bytes; unit++) {
      uint64_t r = mix(key + unit * 0x9e3779b97f4a7c15ULL);
      uint64_t bits = t->class == FLOATING ? floating(t, kind, scale, r) : integer(a->job, t, kind, r);
      store_bits(at + unit * t->unit_bytes, t->unit_bytes, bits);
    }
  }
}

static unsigned bits_of(const struct dtype *t) { return t->class == FLOATING ? 8U * t->unit_bytes : t->value_bits; }

/* One argument a slot: the one that fills it. */
static bool fills(const struct job *job, size_t argument) {
  const struct argument *arg = &job->arguments[argument];
  if (arg->out) return false;
  for (size_t i = 0; i < job->argument_count; i++) {
    const struct argument *other = &job->arguments[i];
    if (other->out || other->slot != arg->slot || i == argument) continue;
    if (other->bytes > arg->bytes || (other->bytes == arg->bytes && i < argument)) return false;
  }
  return true;
}

unsigned input_bits(const struct job *job) {
  uint64_t total = 0;
  for (size_t i = 0; i < job->argument_count && total < 1000; i++)
    if (fills(job, i)) {
      const struct dtype *t = job->arguments[i].dtype;
      total += job->arguments[i].bytes / t->unit_bytes * bits_of(t);
    }
  return total < 1000 ? (unsigned)total : 1000;
}

void fill_cases(const struct arena *a, uint64_t first) {
  const struct job *job = a->job;
  for (size_t i = 0; i < a->slot_count; i++)
    if (a->slots[i].out) noise(a->slots[i].pristine, a->slots[i].stride * a->replicas, key_of(job, ~0ULL, i));
  unsigned used = 0; /* bits of the case that earlier units took */
  for (size_t i = 0; i < job->argument_count; i++) {
    if (!fills(job, i)) continue;
    const struct slot *s = &a->slots[job->arguments[i].slot];
    const struct dtype *t = job->arguments[i].dtype;
    uint64_t mask = (1ULL << bits_of(t)) - 1;
    for (size_t unit = 0; unit < job->arguments[i].bytes / t->unit_bytes; unit++, used += bits_of(t))
      for (size_t r = 0; r < a->replicas; r++) {
        uint64_t value = (first + r) >> used & mask;
        store_bits(contents(a, s) + r * s->stride + unit * t->unit_bytes, t->unit_bytes,
                   t->class == FLOATING ? value : trimmed(t, value));
      }
  }
}
