/* Buffers in shared memory, between pages that cannot be touched. A buffer ends, rounded up to 64 bytes, where its
 * accessible pages end; what is left of those pages is filled with canaries. Children see the memory through a view
 * in which the pages between are inaccessible and inputs are read-only; the parent has a view of its own, which
 * children do not inherit. */
#define _GNU_SOURCE
#include "runner.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Larger than a page, so that an index a little out of range does not step over it into the next buffer. */
enum { GUARD = 256 << 10, ALIGN = 64, CANARIES = 64 << 10, POPULATE = 32 << 10 };
static uint8_t canaries[CANARIES];

static size_t round_up(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }
static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

void *hidden_alloc(size_t bytes) {
  void *memory = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fatal("out of memory: %zu bytes", bytes);
  madvise(memory, bytes ? bytes : 1, MADV_DONTFORK);
  return memory;
}

void hidden_free(void *memory, size_t bytes) {
  if (memory) munmap(memory, bytes ? bytes : 1);
}

static void lay_out(struct arena *a, const uint64_t *stagger) {
  const struct job *job = a->job;
  for (size_t i = 0; i < job->argument_count; i++) {
    const struct argument *arg = &job->arguments[i];
    struct slot *s = &a->slots[arg->slot];
    if (arg->out) {
      if (!s->out || arg->bytes > job->arguments[s->argument].bytes) s->argument = i;
      s->out = true;
    } else {
      if (!s->in || arg->bytes > job->arguments[s->source].bytes) s->source = i;
      if (!s->out) s->argument = s->source;
      s->in = true;
    }
    if (arg->bytes > s->bytes) s->bytes = arg->bytes;
  }
  size_t page = page_size(), at = GUARD;
  for (size_t i = 0; i < a->slot_count; i++) {
    struct slot *s = &a->slots[i];
    s->stride = s->bytes ? round_up(s->bytes, ALIGN) : ALIGN;
    size_t shift = stagger ? mix(*stagger + i) % (page / ALIGN) * ALIGN : 0;
    s->begin = at;
    s->end = at + round_up(s->stride * a->replicas + shift, page);
    s->offset = s->end - shift - s->stride * a->replicas;
    at = s->end + GUARD;
  }
  a->size = at;
}

size_t arena_bytes(const struct job *job, size_t replicas) {
  size_t total = 0;
  struct arena a = {.job = job, .slot_count = job->slot_count, .replicas = replicas};
  a.slots = calloc(job->slot_count + 1, sizeof *a.slots);
  lay_out(&a, NULL);
  for (size_t i = 0; i < a.slot_count; i++) total += a.slots[i].end - a.slots[i].begin;
  free(a.slots);
  return total;
}

bool open_arena(struct arena *a, const struct job *job, size_t replicas, const uint64_t *stagger, char *reason,
                size_t size) {
  if (canaries[0] == 0)
    for (size_t i = 0; i < CANARIES; i++) canaries[i] = (uint8_t)(mix(i) | 1);
  *a = (struct arena){.job = job, .slot_count = job->slot_count, .replicas = replicas};
  /* The arena, its pristine copies, and what a comparison keeps of the outputs: at most seven times the buffers. */
  double need = 7.0 * (double)arena_bytes(job, replicas);
  double have = (double)sysconf(_SC_PHYS_PAGES) * (double)page_size();
  if (need > have / 2) {
    snprintf(reason, size, "its buffers need up to %.0f MiB, more than half of this machine's memory", need / 1048576);
    return false;
  }
  a->slots = calloc(job->slot_count + 1, sizeof *a->slots);
  lay_out(a, stagger);
  int file = memfd_create("xlab", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, (off_t)a->size) != 0) fatal("no shared memory: %s", strerror(errno));
  a->mine = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  a->theirs = mmap(NULL, a->size, PROT_NONE, MAP_SHARED, file, 0);
  if (a->mine == MAP_FAILED || a->theirs == MAP_FAILED) fatal("no address space: %s", strerror(errno));
  close(file);
  madvise(a->mine, a->size, MADV_DONTFORK);
  for (size_t i = 0; i < a->slot_count; i++) {
    struct slot *s = &a->slots[i];
    int access = s->out ? PROT_READ | PROT_WRITE : PROT_READ;
    if (mprotect(a->theirs + s->begin, s->end - s->begin, access) != 0) fatal("mprotect: %s", strerror(errno));
    if (!s->out) continue;
    s->pristine = hidden_alloc(s->stride * replicas);
  }
  return true;
}

void close_arena(struct arena *a) {
  for (size_t i = 0; i < a->slot_count; i++) hidden_free(a->slots[i].pristine, a->slots[i].stride * a->replicas);
  if (a->mine) munmap(a->mine, a->size);
  if (a->theirs) munmap(a->theirs, a->size);
  free(a->slots);
}

/* Calls `each` on every stretch of writable accessible memory that belongs to no buffer. */
static bool each_gap(const struct arena *a, bool (*each)(const struct arena *, const struct slot *, size_t, size_t, void *),
                     void *context) {
  for (size_t i = 0; i < a->slot_count; i++) {
    const struct slot *s = &a->slots[i];
    if (!s->out) continue;
    size_t behind = s->offset + s->stride * a->replicas;
    if (!each(a, s, s->begin, s->offset - s->begin, context)) return false;
    for (size_t r = 0; r < a->replicas && s->bytes < s->stride; r++)
      if (!each(a, s, s->offset + r * s->stride + s->bytes, s->stride - s->bytes, context)) return false;
    if (!each(a, s, behind, s->end - behind, context)) return false;
  }
  return true;
}

void populate_arena(const struct arena *a) {
#if defined(MADV_POPULATE_READ) && defined(MADV_POPULATE_WRITE)
  for (size_t i = 0; i < a->slot_count; i++) {
    const struct slot *s = &a->slots[i];
    if (s->end - s->begin < POPULATE) continue;
    madvise(a->theirs + s->begin, s->end - s->begin, s->out ? MADV_POPULATE_WRITE : MADV_POPULATE_READ);
  }
#else
  (void)a;
#endif
}

static bool plant(const struct arena *a, const struct slot *s, size_t at, size_t bytes, void *context) {
  (void)s, (void)context;
  memcpy(a->mine + at, canaries, bytes);
  return true;
}

void restore_arena(const struct arena *a) {
  for (size_t i = 0; i < a->slot_count; i++) {
    const struct slot *s = &a->slots[i];
    if (s->out) memcpy(a->mine + s->offset, s->pristine, s->stride * a->replicas);
  }
  each_gap(a, plant, NULL);
}

static const char *name_of(const struct arena *a, const struct slot *s) { return a->job->arguments[s->argument].name; }

static void name_place(const struct arena *a, const struct slot *s, size_t at, const char *verb, char *reason,
                       size_t size) {
  size_t first = s->offset, last = s->offset + s->stride * (a->replicas - 1) + s->bytes;
  if (at < first)
    snprintf(reason, size, "%s %zu bytes before the start of argument %zu (%s)", verb, first - at, s->argument,
             name_of(a, s));
  else if (at >= last)
    snprintf(reason, size, "%s %zu bytes past the end of argument %zu (%s, %zu bytes)", verb, at - last + 1, s->argument,
             name_of(a, s), s->bytes);
  else if (a->replicas > 1 && (at - first) % s->stride >= s->bytes)
    snprintf(reason, size, "%s %zu bytes past the end of argument %zu (%s, %zu bytes)", verb,
             (at - first) % s->stride - s->bytes + 1, s->argument, name_of(a, s), s->bytes);
  else
    snprintf(reason, size, "%s byte %zu of argument %zu (%s), which is %s", verb, (at - first) % s->stride, s->argument,
             name_of(a, s), s->out ? "an output" : "an input");
}

struct report {
  char *reason;
  size_t size;
};

static bool intact(const struct arena *a, const struct slot *s, size_t at, size_t bytes, void *context) {
  if (memcmp(a->mine + at, canaries, bytes) == 0) return true;
  size_t i = 0;
  while (a->mine[at + i] == canaries[i]) i++;
  /* Of what was written before the start, the byte next to the buffer says most. */
  if (at + bytes == s->offset)
    for (size_t j = i; j < bytes; j++)
      if (a->mine[at + j] != canaries[j]) i = j;
  struct report *report = context;
  name_place(a, s, at + i, "wrote", report->reason, report->size);
  return false;
}

bool check_canaries(const struct arena *a, char *reason, size_t size) {
  struct report report = {reason, size};
  return each_gap(a, intact, &report);
}

void describe_address(const struct arena *a, uintptr_t address, const char *verb, char *reason, size_t size) {
  uintptr_t base = (uintptr_t)a->theirs;
  if (address >= base && address < base + a->size)
    for (size_t i = 0; i < a->slot_count; i++) {
      const struct slot *s = &a->slots[i];
      size_t at = address - base;
      if (at + GUARD / 2 < s->begin || at >= s->end + GUARD / 2) continue;
      name_place(a, s, at, verb, reason, size);
      return;
    }
  snprintf(reason, size, "%s address 0x%llx, which belongs to no buffer", verb, (unsigned long long)address);
}
