/* Reads jobs. A job is lines of words; its text may come from anywhere, so every number is bounded
 * and every name looked up. The words, in order (src/runner/encode.ts writes them):
 *   job verify|time NUMBER SEED LIMIT_MS FLUSH X Y Z
 *   arg in|out DTYPE BYTES SLOT NAME [DIM…]
 *   ref FUNCTION nearest|up|down|zero PERTURB PROBE value|probe|ir|depends|xla
 *   cand FUNCTION ir|xla
 *   trial KIND | exhaustive
 *   fun FUNCTION
 *   plan PROCESSES PAIRS MIN_SAMPLE_NS COLD_SAMPLES
 *   end */
#define _GNU_SOURCE
#include "runner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LINE = 8192, MAX_ITEMS = 1 << 16 };
static char line[MAX_LINE], *rest;

static const char *word(void) {
  char *found = strtok_r(NULL, " ", &rest);
  if (!found) fatal("job: a word is missing");
  return found;
}

static uint64_t number(uint64_t most) {
  const char *text = word();
  char *end;
  unsigned long long value = strtoull(text, &end, 10);
  if (*text < '0' || *text > '9' || *end || value > most) fatal("job: bad number '%.40s'", text);
  return value;
}

/* Position of the next word in a list that ends with NULL. */
static int choice(const char *const *names) {
  const char *text = word();
  for (int i = 0; names[i]; i++)
    if (strcmp(names[i], text) == 0) return i;
  fatal("job: unknown word '%.40s'", text);
}

static const struct function *function(void) {
  const char *id = word();
  for (unsigned i = 0; i < xlab_function_count; i++)
    if (strcmp(xlab_functions[i].id, id) == 0) return &xlab_functions[i];
  fatal("job: no function '%.60s' in this bundle", id);
}

/* Room for one more at the end of a list, zeroed. */
static void *append(void **list, size_t *count, size_t size) {
  if (*count >= MAX_ITEMS) fatal("job: more than %d items", MAX_ITEMS);
  if ((*count & (*count - 1)) == 0) *list = realloc(*list, (*count ? *count * 2 : 1) * size);
  if (!*list) fatal("out of memory");
  void *item = (char *)*list + (*count)++ * size;
  memset(item, 0, size);
  return item;
}
#define APPEND(job, list, count) append((void **)&(job)->list, &(job)->count, sizeof *(job)->list)

static void read_argument(struct job *job) {
  static const char *const roles[] = {"in", "out", NULL};
  struct argument *arg = APPEND(job, arguments, argument_count);
  arg->out = choice(roles) == 1;
  const char *dtype = word();
  arg->dtype = find_dtype(dtype);
  if (!arg->dtype) fatal("job: unknown element type '%.40s'", dtype);
  arg->bytes = number(1ULL << 40);
  arg->slot = (uint32_t)number(MAX_ITEMS - 1);
  if (arg->slot >= job->slot_count) job->slot_count = arg->slot + 1;
  snprintf(arg->name, sizeof arg->name, "%s", word());
  for (char *dim; (dim = strtok_r(NULL, " ", &rest));) {
    long long value = strtoll(dim, NULL, 10);
    bool known = value < 1;
    for (size_t i = 0; i < job->dim_count; i++) known |= job->dims[i] == value;
    if (!known && job->dim_count < sizeof job->dims / sizeof *job->dims) job->dims[job->dim_count++] = value;
  }
}

static void read_reference(struct job *job) {
  static const char *const roundings[] = {"nearest", "up", "down", "zero", NULL};
  static const char *const perturbs[] = {"-1", "0", "1", "far", NULL};
  static const char *const roles[] = {"value", "probe", "ir", "depends", "xla", NULL};
  struct reference *ref = APPEND(job, references, reference_count);
  ref->function = function();
  ref->rounding = (enum rounding)choice(roundings);
  ref->perturb = choice(perturbs) - 1;
  ref->probe = (int)number(63);
  ref->role = (enum role)choice(roles);
}

static void read_item(struct job *job, const char *what) {
  static const char *const semantics[] = {"ir", "xla", NULL};
  static const char *const kinds[] = {"uniform", "wide", "edges", "sprinkled", "indices", "zeros",
                                      "tiny", "small", "large", "scaled", NULL};
  if (strcmp(what, "arg") == 0) read_argument(job);
  else if (strcmp(what, "ref") == 0) read_reference(job);
  else if (strcmp(what, "cand") == 0) {
    struct candidate *c = APPEND(job, candidates, candidate_count);
    c->function = function();
    c->semantics = (enum semantics)choice(semantics);
  } else if (strcmp(what, "trial") == 0) {
    enum input_kind *kind = APPEND(job, trials, trial_count);
    *kind = (enum input_kind)choice(kinds);
  } else if (strcmp(what, "exhaustive") == 0) job->exhaustive = true;
  else if (strcmp(what, "fun") == 0) {
    const struct function **f = APPEND(job, functions, function_count);
    *f = function();
  } else if (strcmp(what, "plan") == 0) {
    job->processes = (uint32_t)number(1000);
    job->pairs = (uint32_t)number(100000);
    job->min_sample_ns = number(10000000000ULL);
    job->cold = (uint32_t)number(1000);
    job->least_crowding = number(1000000000ULL);
  } else fatal("job: unknown item '%.40s'", what);
}

static bool next_line(void) {
  if (!fgets(line, sizeof line, stdin)) return false;
  size_t length = strlen(line);
  if (length == 0 || line[length - 1] != '\n') fatal("job: a line longer than %d bytes, or cut off", MAX_LINE);
  line[length - 1] = 0;
  return true;
}

bool read_job(struct job *job) {
  static const char *const kinds[] = {"verify", "time", NULL};
  *job = (struct job){0};
  if (!next_line()) return false;
  const char *what = strtok_r(line, " ", &rest);
  if (!what || strcmp(what, "job") != 0) fatal("job: expected 'job'");
  job->timing = choice(kinds) == 1;
  job->number = (uint32_t)number(UINT32_MAX);
  job->seed = number(UINT64_MAX);
  job->limit_ms = (uint32_t)number(24 * 3600 * 1000);
  job->flush = number(1) == 1;
  job->workgroups.x = number(1 << 20);
  job->workgroups.y = number(1 << 20);
  job->workgroups.z = number(1 << 20);
  while (next_line()) {
    what = strtok_r(line, " ", &rest);
    if (!what) fatal("job: an empty line");
    if (strcmp(what, "end") == 0) {
      bool verifies = job->reference_count > 0 && job->references[0].role == VALUE;
      if (!job->timing && !verifies) fatal("job: the first reference must be the value");
      return true;
    }
    read_item(job, what);
  }
  fatal("job: cut off");
}

void free_job(struct job *job) {
  free(job->arguments);
  free(job->references);
  free(job->candidates);
  free(job->trials);
  free(job->functions);
}
