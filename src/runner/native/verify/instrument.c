/* What instrumented references call (src/judge makes them): math functions that err by a declared amount, the same in
 * every rounding mode; products whose rounding a contraction may skip; and the state of the run that they and the IR's
 * own probes read. */
#define _GNU_SOURCE
#include "runner.h"
#include <float.h>
#include <math.h>
#include <string.h>

/* Ulps by which operations err in this run, in multiples of their declared error: -1, 0 or 1; or FAR. */
int32_t xlab_perturb;
/* What stands for poison in this run: 0 what the machine does, 1 and 2 two different fills. Or what errs in it: 0 all
 * operations the same way; else those of the kinds in the two lowest bits, each its own way by what lies above them: so
 * no cancellation of one error by another hides both in every run. */
int32_t xlab_probe;
enum { PRODUCTS = 1, MATH = 2, KINDS_MASK = 3 };

/* Which way (-1, 0, 1) an operation of a kind errs whose result has these bits. */
static int32_t direction(int32_t kind, uint64_t bits, uint32_t operation) {
  int32_t by = xlab_perturb == FAR ? 1 : xlab_perturb;
  if (by == 0 || xlab_probe == 0) return by;
  if (!(xlab_probe & kind)) return 0;
  uint32_t pattern = (uint32_t)xlab_probe >> 2;
  uint64_t coin = pattern == 0 ? operation : mix(bits ^ (uint64_t)operation << 40) >> pattern;
  return coin & 1 ? by : -by;
}

/* Whether a product that overflows stays infinite, and is not taken in as a number beyond the largest. */
static bool unbounded(bool outward) { return outward && xlab_probe != 0 && xlab_perturb != FAR; }

/* Far from the value, to show what depends on it at all. */
static double far(double value, int32_t by) { return value * (1 + by / 64.0); }

/* Neighbouring floats differ by one when their bits are read as an integer; so the sign apart, an ulp is one. Results
 * that every implementation gives exactly stay as they are: zeros, infinities and NaNs. */
static float move_f32(volatile float *result, int32_t ulps) {
  float value = *result;
  int32_t bits;
  if (value == 0 || !isfinite(value)) return value;
  memcpy(&bits, &value, sizeof bits);
  int32_t by = direction(MATH, (uint32_t)bits, 0) * ulps;
  if (xlab_perturb == FAR) return (float)far(value, by < 0 ? -1 : by > 0);
  bits += bits < 0 ? -by : by; /* a positive perturbation moves upwards */
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double move_f64(volatile double *result, int64_t ulps) {
  double value = *result;
  int64_t bits;
  if (value == 0 || !isfinite(value)) return value;
  memcpy(&bits, &value, sizeof bits);
  int64_t by = direction(MATH, (uint64_t)bits, 0) * ulps;
  if (xlab_perturb == FAR) return far(value, by < 0 ? -1 : by > 0);
  bits += bits < 0 ? -by : by;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* libm is only right when rounding to nearest. f32 results come from the f64 function, so that with no perturbation
 * they are as good as exact. Results pass through volatiles: the compiler must not move them across the mode. */
#define UNARY(name, ulps_f32, ulps_f64)                                                                                \
  float xlab_##name##f(float x) {                                                                                      \
    uint64_t mode = round_to_nearest();                                                                                \
    volatile float result = (float)name((double)x);                                                                    \
    restore_float_mode(mode);                                                                                          \
    return move_f32(&result, ulps_f32);                                                                                \
  }                                                                                                                    \
  double xlab_##name(double x) {                                                                                       \
    uint64_t mode = round_to_nearest();                                                                                \
    volatile double result = name(x);                                                                                  \
    restore_float_mode(mode);                                                                                          \
    return move_f64(&result, ulps_f64);                                                                                \
  }

#define BINARY(name, ulps_f32, ulps_f64)                                                                               \
  float xlab_##name##f(float x, float y) {                                                                             \
    uint64_t mode = round_to_nearest();                                                                                \
    volatile float result = (float)name((double)x, (double)y);                                                         \
    restore_float_mode(mode);                                                                                          \
    return move_f32(&result, ulps_f32);                                                                                \
  }                                                                                                                    \
  double xlab_##name(double x, double y) {                                                                             \
    uint64_t mode = round_to_nearest();                                                                                \
    volatile double result = name(x, y);                                                                               \
    restore_float_mode(mode);                                                                                          \
    return move_f64(&result, ulps_f64);                                                                                \
  }

/* THE declared errors, in ulps (f32, f64): the larger of what XLA's accuracy tests allow its own approximations
 * (openxla/xla, xla/codegen/intrinsic/accuracy/accuracy_budget.h: exp, log, log1p, tanh, erf) and of what the GNU C
 * library states for its functions (manual, "Known Maximum Errors in Math Functions"), plus one for musl, whose
 * functions are the ones linked here and which publishes no table. exp2, exp10 and expm1 are XLA's exp; rsqrt is no
 * library's but XLA's. */
static double rsqrt(double x) { return 1 / sqrt(x); }
UNARY(rsqrt, 1, 1)
UNARY(exp, 6, 2)
UNARY(exp2, 6, 2)
UNARY(exp10, 6, 3)
UNARY(expm1, 6, 3)
UNARY(log, 2, 2)
UNARY(log2, 2, 3)
UNARY(log10, 3, 3)
UNARY(log1p, 2, 2)
BINARY(pow, 2, 2)
UNARY(sin, 2, 2)
UNARY(cos, 2, 2)
UNARY(tan, 2, 2)
UNARY(tanh, 3, 4)
UNARY(sinh, 3, 3)
UNARY(cosh, 3, 3)
UNARY(asin, 2, 2)
UNARY(acos, 2, 2)
UNARY(atan, 2, 2)
BINARY(atan2, 3, 2)
UNARY(asinh, 3, 3)
UNARY(acosh, 3, 3)
UNARY(atanh, 3, 3)
UNARY(erf, 2, 2)
UNARY(erfc, 4, 6)
UNARY(cbrt, 2, 5)
UNARY(lgamma, 8, 5)
UNARY(tgamma, 9, 10)
BINARY(fmod, 0, 0) /* exact by definition */

/* A product that a sum may take in unrounded (a fused multiply-add): between its neighbours, unless it is exact. One
 * that overflows may yet be any finite number beyond the largest, one that underflows any up to the least normal. */
float xlab_mulf(float a, float b, uint32_t operation) {
  double exact = (double)a * (double)b;
  float product = (float)exact;
  if ((double)product == exact || isnan(product)) return product;
  uint32_t bits;
  memcpy(&bits, &product, sizeof bits);
  int32_t by = direction(PRODUCTS, bits, operation);
  if (by == 0) return product;
  if (fabsf(product) < FLT_MIN) return product + (float)by * FLT_MIN;
  if (isinf(product)) return unbounded((by < 0) == (product < 0)) ? product : copysignf(FLT_MAX, product);
  return xlab_perturb == FAR ? (float)far(product, by) : nextafterf(product, (float)by * INFINITY);
}

double xlab_mul(double a, double b, uint32_t operation) {
  double product = a * b;
  if (a == 0 || b == 0 || isinf(a) || isinf(b) || isnan(product)) return product;
  /* The error of a product near the least normal is itself flushed. */
  if (isfinite(product) && fabs(product) > 0x1p-960 && fma(a, b, -product) == 0) return product;
  uint64_t bits;
  memcpy(&bits, &product, sizeof bits);
  int32_t by = direction(PRODUCTS, bits, operation);
  if (by == 0) return product;
  if (fabs(product) < DBL_MIN) return product + by * DBL_MIN;
  if (isinf(product)) return unbounded((by < 0) == (product < 0)) ? product : copysign(DBL_MAX, product);
  return xlab_perturb == FAR ? far(product, by) : nextafter(product, by * INFINITY);
}
