/* What code generators call and neither musl nor zig's compiler-rt has. */
#include "runner.h"
#include <math.h>
#include <string.h>

double roundeven(double);
float roundevenf(float);
__bf16 __truncsfbf2(float);
__bf16 __truncdfbf2(double);

/* Independent of the rounding mode: only exact operations. */
double roundeven(double x) {
  double whole = trunc(x);
  return fabs(x - whole) == 0.5 ? copysign(2 * round(x / 2), x) : round(x);
}

float roundevenf(float x) { return (float)roundeven((double)x); }

/* To nearest, ties to even; NaNs stay NaNs. */
__bf16 __truncsfbf2(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bool nan = (bits & 0x7fffffff) > 0x7f800000;
  uint16_t top = (uint16_t)(nan ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  __bf16 result;
  memcpy(&result, &top, sizeof result);
  return result;
}

/* By way of f32 rounded to odd, so that rounding twice rounds once (Boldo, Melquiond: When double rounding is odd). */
__bf16 __truncdfbf2(double x) {
  float near = (float)x;
  uint32_t bits;
  memcpy(&bits, &near, sizeof bits);
  if (isfinite(x) && (double)near != x) {
    if (fabs((double)near) > fabs(x)) bits--;
    bits |= 1;
  }
  memcpy(&near, &bits, sizeof near);
  return __truncsfbf2(near);
}
