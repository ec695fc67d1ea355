/* Element types: bits to values and back, their order, and how they print. No hardware half floats are needed. */
#include "runner.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INTEGER(name, class, bytes, bits) {name, class, bytes, 1, bits, 0, 0, 0, IEEE, false}
#define FLOAT(name, bytes, units, e, m, bias, style, flushes) {name, FLOATING, bytes, units, 0, e, m, bias, style, flushes}

/* 16-bit and narrower floats: f16 denormals are normal in the f32 they are computed in, so they are never flushed;
 * bf16 has f32's exponents and flushes with it. */
static const struct dtype types[] = {
    INTEGER("pred", UNSIGNED_INT, 1, 1),
    INTEGER("s2", SIGNED_INT, 1, 2),
    INTEGER("s4", SIGNED_INT, 1, 4),
    INTEGER("s8", SIGNED_INT, 1, 8),
    INTEGER("s16", SIGNED_INT, 2, 16),
    INTEGER("s32", SIGNED_INT, 4, 32),
    INTEGER("s64", SIGNED_INT, 8, 64),
    INTEGER("u2", UNSIGNED_INT, 1, 2),
    INTEGER("u4", UNSIGNED_INT, 1, 4),
    INTEGER("u8", UNSIGNED_INT, 1, 8),
    INTEGER("u16", UNSIGNED_INT, 2, 16),
    INTEGER("u32", UNSIGNED_INT, 4, 32),
    INTEGER("u64", UNSIGNED_INT, 8, 64),
    FLOAT("f8e5m2", 1, 1, 5, 2, 15, IEEE, false),
    FLOAT("f8e4m3", 1, 1, 4, 3, 7, IEEE, false),
    FLOAT("f8e4m3fn", 1, 1, 4, 3, 7, FINITE_NAN, false),
    FLOAT("f8e4m3b11fnuz", 1, 1, 4, 3, 11, UNSIGNED_ZERO, false),
    FLOAT("f8e5m2fnuz", 1, 1, 5, 2, 16, UNSIGNED_ZERO, false),
    FLOAT("f8e4m3fnuz", 1, 1, 4, 3, 8, UNSIGNED_ZERO, false),
    FLOAT("f8e3m4", 1, 1, 3, 4, 3, IEEE, false),
    FLOAT("f16", 2, 1, 5, 10, 15, IEEE, false),
    FLOAT("bf16", 2, 1, 8, 7, 127, IEEE, true),
    FLOAT("f32", 4, 1, 8, 23, 127, IEEE, true),
    FLOAT("f64", 8, 1, 11, 52, 1023, IEEE, true),
    FLOAT("c64", 4, 2, 8, 23, 127, IEEE, true),
    FLOAT("c128", 8, 2, 11, 52, 1023, IEEE, true),
};
const struct dtype byte_dtype = INTEGER("byte", UNSIGNED_INT, 1, 8);

const struct dtype *find_dtype(const char *name) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(types[i].name, name) == 0) return &types[i];
  return NULL;
}

/* Both targets are little-endian, as XLA's buffers are. */
uint64_t load_bits(const uint8_t *at, unsigned bytes) {
  uint64_t bits = 0;
  memcpy(&bits, at, bytes);
  return bits;
}

void store_bits(uint8_t *at, unsigned bytes, uint64_t bits) { memcpy(at, &bits, bytes); }

static uint64_t ones(unsigned bits) { return bits >= 64 ? ~0ULL : (1ULL << bits) - 1; }
static unsigned width(const struct dtype *t) { return 8U * t->unit_bytes; }
static uint64_t sign_bit(const struct dtype *t) { return 1ULL << (width(t) - 1); }
static uint64_t magnitude(const struct dtype *t, uint64_t bits) { return bits & (sign_bit(t) - 1); }
static uint64_t infinity(const struct dtype *t) { return ones(t->exponent) << t->mantissa; }

bool is_nan(const struct dtype *t, uint64_t bits) {
  if (t->class != FLOATING) return false;
  if (t->style == UNSIGNED_ZERO) return bits == sign_bit(t);
  if (t->style == FINITE_NAN) return magnitude(t, bits) == sign_bit(t) - 1;
  return magnitude(t, bits) > infinity(t);
}

uint64_t largest_bits(const struct dtype *t) {
  if (t->style == IEEE) return infinity(t) - 1;
  return t->style == FINITE_NAN ? sign_bit(t) - 2 : sign_bit(t) - 1;
}

uint64_t canonical(const struct dtype *t, uint64_t bits, bool flush) {
  if (t->class != FLOATING) return bits;
  if (is_nan(t, bits)) return t->style == UNSIGNED_ZERO ? sign_bit(t) : sign_bit(t) - 1;
  if (flush && t->flushes && magnitude(t, bits) >> t->mantissa == 0) return bits & sign_bit(t);
  return bits;
}

int64_t ordinal(const struct dtype *t, uint64_t bits) {
  if (t->class == UNSIGNED_INT) return (int64_t)(bits ^ (1ULL << 63));
  if (t->class == SIGNED_INT) return (int64_t)(bits << (64 - width(t))) >> (64 - width(t));
  int64_t size = (int64_t)magnitude(t, bits);
  return bits & sign_bit(t) ? -size : size;
}

uint64_t from_ordinal(const struct dtype *t, int64_t order) {
  return order < 0 ? sign_bit(t) | (uint64_t)-order : (uint64_t)order;
}

double decode(const struct dtype *t, uint64_t bits) {
  if (t->class == UNSIGNED_INT) return (double)bits;
  if (t->class == SIGNED_INT) return (double)ordinal(t, bits);
  if (is_nan(t, bits)) return NAN;
  uint64_t size = magnitude(t, bits);
  double sign = bits & sign_bit(t) ? -1 : 1;
  if (t->style == IEEE && size == infinity(t)) return sign * INFINITY;
  int exponent = (int)(size >> t->mantissa);
  uint64_t fraction = size & ones(t->mantissa);
  if (exponent > 0) fraction |= 1ULL << t->mantissa;
  return sign * ldexp((double)fraction, (exponent > 0 ? exponent : 1) - t->bias - t->mantissa);
}

uint64_t encode(const struct dtype *t, double value) {
  uint64_t sign = signbit(value) ? sign_bit(t) : 0;
  double size = fabs(value);
  if (size == 0) return t->style == UNSIGNED_ZERO ? 0 : sign;
  int exponent;
  frexp(size, &exponent);
  exponent -= 1;
  if (exponent < 1 - t->bias) exponent = 1 - t->bias;
  /* Counted in quanta of its binade, the implicit bit included, so a carry out of the fraction needs no care. */
  double quanta = rint(ldexp(size, t->mantissa - exponent));
  uint64_t bits = ((uint64_t)(exponent + t->bias - 1) << t->mantissa) + (uint64_t)quanta;
  if (bits > largest_bits(t)) bits = largest_bits(t);
  return bits == 0 && t->style == UNSIGNED_ZERO ? 0 : sign | bits;
}

void print_value(char *out, size_t size, const struct dtype *t, uint64_t bits) {
  if (t->class == UNSIGNED_INT) snprintf(out, size, "%llu", (unsigned long long)bits);
  else if (t->class == SIGNED_INT) snprintf(out, size, "%lld", (long long)ordinal(t, bits));
  else
    snprintf(out, size, "%.*g (0x%0*llx)", t->unit_bytes == 8 ? 17 : 9, decode(t, bits), 2 * t->unit_bytes,
             (unsigned long long)bits);
}

void print_ir_value(char *out, size_t size, const struct dtype *t, uint64_t bits) {
  if (t->class != FLOATING || t->unit_bytes == 1) {
    if (strcmp(t->name, "pred") == 0) snprintf(out, size, "%s", bits ? "true" : "false");
    else snprintf(out, size, "%lld", (long long)(t->class == UNSIGNED_INT ? (int64_t)bits : ordinal(t, bits)));
    return;
  }
  if (t->unit_bytes == 2) {
    snprintf(out, size, "0x%c%04llX", t->exponent == 5 ? 'H' : 'R', (unsigned long long)bits);
    return;
  }
  double value = decode(t, bits);
  snprintf(out, size, "%e", value);
  if (isfinite(value) && strtod(out, NULL) == value) return;
  uint64_t wide = 0;
  if (t->unit_bytes == 8) wide = bits;
  else if (isnan(value)) /* the payload moves to the top of the wider fraction */
    wide = (bits & sign_bit(t)) << 32 | 0x7ffULL << 52 | (bits & ones(23)) << 29;
  else memcpy(&wide, &value, sizeof wide);
  snprintf(out, size, "0x%016llX", (unsigned long long)wide);
}
