/* Element types: their bits, order and values (values/dtype.c). */
#ifndef XLAB_DTYPE_H
#define XLAB_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind_class { SIGNED_INT, UNSIGNED_INT, FLOATING };
struct dtype {
  const char *name;
  enum kind_class class;
  uint8_t unit_bytes; /* of one scalar; a complex element is two of them */
  uint8_t units;      /* scalars an element */
  uint8_t value_bits; /* of an integer: bits that carry its value (1 for pred) */
  uint8_t exponent, mantissa;
  int16_t bias;
  enum { IEEE, FINITE_NAN, UNSIGNED_ZERO } style; /* FINITE_NAN: no infinities; UNSIGNED_ZERO: "fnuz" */
  bool flushes;                                   /* denormals are flushed with the others when the job says so */
};
const struct dtype *find_dtype(const char *name);
extern const struct dtype byte_dtype; /* bytes compared as they are */
uint64_t load_bits(const uint8_t *at, unsigned bytes);
void store_bits(uint8_t *at, unsigned bytes, uint64_t bits);
bool is_nan(const struct dtype *, uint64_t bits);
/* NaNs become one NaN; with `flush`, denormals of the types that flush become zero of the same sign. */
uint64_t canonical(const struct dtype *, uint64_t bits, bool flush);
/* Orders values of a type (NaNs excepted); neighbours differ by one, and both zeros are apart by none. */
int64_t ordinal(const struct dtype *, uint64_t bits);
uint64_t from_ordinal(const struct dtype *, int64_t);
double decode(const struct dtype *, uint64_t bits);
uint64_t encode(const struct dtype *, double value); /* to nearest, saturated to the largest finite */
uint64_t largest_bits(const struct dtype *);
/* "0.1 (0x3dcccccd)", or as LLVM IR would write the constant. */
void print_value(char *out, size_t size, const struct dtype *, uint64_t bits);
void print_ir_value(char *out, size_t size, const struct dtype *, uint64_t bits);

#endif
