/* What instrumented references call (src/judge makes them): math functions that err by a declared amount, the same in
 * every rounding mode, and the state of the run that they and the IR's own probes read. */
#define _GNU_SOURCE
#include "runner.h"
#include <math.h>
#include <string.h>

/* Ulps by which math functions err in this run, in multiples of their declared error: -1, 0 or 1. */
int32_t xlab_perturb;
/* What stands for poison in this run: 0 what the machine does, 1 and 2 two different fills. */
int32_t xlab_probe;

/* Neighbouring floats differ by one when their bits are read as an integer; so the sign apart, an ulp is one. Results
 * that every implementation gives exactly stay as they are: zeros, infinities and NaNs. */
static float move_f32(volatile float *result, int32_t ulps) {
  float value = *result;
  int32_t bits, by = xlab_perturb * ulps;
  if (by == 0 || value == 0 || !isfinite(value)) return value;
  memcpy(&bits, &value, sizeof bits);
  bits += bits < 0 ? -by : by; /* a positive perturbation moves upwards */
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double move_f64(volatile double *result, int64_t ulps) {
  double value = *result;
  int64_t bits, by = xlab_perturb * ulps;
  if (by == 0 || value == 0 || !isfinite(value)) return value;
  memcpy(&bits, &value, sizeof bits);
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
 * functions are the ones linked here and which publishes no table. exp2, exp10 and expm1 are XLA's exp. */
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
