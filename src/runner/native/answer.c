/* Writes answers: one JSON object a line, on standard output (src/runner/decode.ts reads them). */
#include "runner.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void put(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
}

void put_string(const char *text) {
  putchar('"');
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\') printf("\\%c", *c);
    else if (*c < 0x20 || *c > 0x7e) printf("\\u%04x", *c);
    else putchar(*c);
  }
  putchar('"');
}

void end_line(void) {
  putchar('\n');
  fflush(stdout);
}

void fatal(const char *format, ...) {
  char reason[MAX_REASON];
  va_list values;
  va_start(values, format);
  vsnprintf(reason, sizeof reason, format, values);
  va_end(values);
  put("{\"kind\":\"fatal\",\"reason\":");
  put_string(reason);
  put("}");
  end_line();
  exit(2);
}

void put_reason(const char *reason) {
  put(",\"reason\":");
  put_string(reason);
}

static void put_value(const char *name, const struct dtype *t, uint64_t bits) {
  char text[80];
  print_value(text, sizeof text, t, bits);
  put(",\"%s\":", name);
  put_string(text);
}

static size_t units_of(const struct argument *arg) { return arg->bytes / arg->dtype->unit_bytes; }

/* The inputs themselves, where there are few enough to read; of a function tried on many inputs at once (every
 * argument has as many elements as the output) those of the element that differs. */
static void put_inputs(const struct arena *a, const struct comparison *c) {
  const struct job *job = a->job;
  size_t total = 0, replica = c->replica;
  bool each = true;
  for (size_t i = 0; i < job->argument_count; i++) {
    if (!job->arguments[i].out) total += units_of(&job->arguments[i]);
    each &= units_of(&job->arguments[i]) == units_of(&job->arguments[c->argument]);
  }
  bool all = total <= MAX_INPUTS;
  if (total == 0 || !(all || each)) return;
  const char *before = ",\"values\":[";
  for (size_t i = 0; i < job->argument_count; i++) {
    const struct argument *arg = &job->arguments[i];
    if (arg->out) continue;
    const struct slot *slot = &a->slots[arg->slot];
    const uint8_t *at = (slot->out ? slot->pristine : a->mine + slot->offset) + replica * slot->stride;
    size_t end = all ? units_of(arg) : c->element + 1;
    for (size_t unit = all ? 0 : c->element; unit < end; unit++, before = ",") {
      char text[80];
      print_ir_value(text, sizeof text, arg->dtype,
                     load_bits(at + unit * arg->dtype->unit_bytes, arg->dtype->unit_bytes));
      put("%s", before);
      put_string(text);
    }
  }
  put("]");
}

void put_counterexample(const struct arena *a, enum input_kind kind, uint64_t trial, const struct comparison *c) {
  put("{\"trial\":%llu,\"seed\":%llu,\"inputs\":\"%s\",\"argument\":%zu,\"element\":%zu,\"differing\":%llu",
      (unsigned long long)trial, (unsigned long long)a->job->seed, kind_names[kind], c->argument, c->element,
      (unsigned long long)c->differing);
  put_value("expected", c->dtype, c->expected);
  put_value("actual", c->dtype, c->actual);
  if (c->bounded) {
    put_value("lowest", c->dtype, c->lowest);
    put_value("highest", c->dtype, c->highest);
  }
  put_inputs(a, c);
  put("}");
}
