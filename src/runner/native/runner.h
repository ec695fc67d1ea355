/* The runner: runs the functions of one bundle, each in a jailed child, and compares or times them.
 * The parent reads jobs from standard input and writes one JSON line a result; children are never trusted. */
#ifndef XLAB_RUNNER_H
#define XLAB_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "dtype.h"

/* ---- the kernel ABI: openxla/xla, xla/backends/cpu/runtime/kernel_c_api.h (64-bit) ---- */
struct dim3 {
  uint64_t x, y, z;
};
struct kernel_arg {
  void *data;
  size_t size;
};
struct call_frame {
  const struct dim3 *num_workgroups;
  const struct dim3 *workgroup_id;
  size_t num_args;
  const struct kernel_arg *args;
};
typedef void *(*kernel_fn)(const struct call_frame *);

/* The table made when the bundle is linked. */
struct function {
  const char *id;
  kernel_fn call;
};
extern const struct function xlab_functions[];
extern const unsigned xlab_function_count;

/* ---- jobs: job.c ---- */
enum input_kind {
  UNIFORM, WIDE, EDGES, SPRINKLED, INDICES, ZEROS, TINY, SMALL, LARGE, SCALED, TIMING, ENUMERATED, KINDS
};
extern const char *const kind_names[KINDS];
enum rounding { NEAREST, UP, DOWN, TO_ZERO };
enum semantics { IR, XLA };
enum role { VALUE, PROBE, WIDEN_IR, DEPENDS, WIDEN_XLA };

struct argument {
  char name[64];
  const struct dtype *dtype;
  size_t bytes;
  bool out;
  uint32_t slot;
};
struct reference {
  const struct function *function;
  enum rounding rounding;
  int perturb, probe;
  enum role role;
};
struct candidate {
  const struct function *function;
  enum semantics semantics;
};
struct job {
  bool timing;
  uint32_t number;
  uint64_t seed;
  uint32_t limit_ms;
  struct dim3 workgroups;
  bool flush;
  int64_t dims[16]; /* distinct dimensions of the arguments: where indices end */
  size_t dim_count;
  struct argument *arguments;
  size_t argument_count, slot_count;
  /* verify */
  struct reference *references;
  size_t reference_count;
  struct candidate *candidates;
  size_t candidate_count;
  enum input_kind *trials;
  size_t trial_count;
  bool exhaustive;
  /* time */
  const struct function **functions;
  size_t function_count;
  uint32_t processes, pairs, cold;
  uint64_t min_sample_ns;
  uint64_t least_crowding; /* known of this machine, or 0; timing/time.h says what it is */
};
/* The next job of standard input; false at its end. Malformed text ends the runner with a `fatal` line. */
bool read_job(struct job *);
void free_job(struct job *);

/* ---- memory: arena.c ---- */
struct slot {
  size_t bytes;   /* as the kernel may touch it */
  size_t stride;  /* rounded up to 64: distance of one replica to the next */
  size_t offset;  /* of the first replica in the arena */
  size_t begin, end; /* accessible pages around it in the arena; inaccessible ones lie before and behind */
  bool in, out;
  size_t argument; /* that decides its contents: the largest output, else the largest input */
  size_t source;   /* the largest input in it, if `in` */
  uint8_t *pristine; /* what a writable slot holds before each run (replicas × stride) */
};
struct arena {
  const struct job *job;
  struct slot *slots;
  size_t slot_count, replicas, size;
  uint8_t *mine;   /* the parent's own view, absent in children */
  uint8_t *theirs; /* where children see it: guarded, inputs read-only */
};
/* Memory that children do not inherit: nothing in it can be read or forged by them. Zeroed. */
void *hidden_alloc(size_t bytes);
void hidden_free(void *, size_t bytes);
/* False, with a reason, when there is not enough memory. `stagger` moves buffers off their page ends (timing only). */
bool open_arena(struct arena *, const struct job *, size_t replicas, const uint64_t *stagger, char *reason, size_t size);
void close_arena(struct arena *);
size_t arena_bytes(const struct job *, size_t replicas);
/* Copies what writable slots hold before each run, canaries included. */
void restore_arena(const struct arena *);
/* In a child, before the jail: maps large buffers at once, which costs a fraction of a fault for each page. */
void populate_arena(const struct arena *);
/* False, naming the byte, if anything outside the buffers was written. */
bool check_canaries(const struct arena *, char *reason, size_t size);
/* Names an address a child faulted on. */
void describe_address(const struct arena *, uintptr_t address, const char *verb, char *reason, size_t size);

/* ---- inputs: fill.c ---- */
uint64_t mix(uint64_t);
/* Everything one replica holds before a run, from (seed, trial, argument, element) alone. */
void fill_replica(const struct arena *, size_t replica, enum input_kind, uint64_t trial);
/* Total bits of input that carry a value; what `exhaustive` enumerates. */
unsigned input_bits(const struct job *);
/* Replica r of every input takes the bits of case `first + r`, in order of the arguments. */
void fill_cases(const struct arena *, uint64_t first);

/* ---- the jail: jail.c ---- */
enum { MAX_REASON = 400, CRASHED = 97, STACK = 8 << 20 };
/* Shared with the child, which may write anything into it: only ever a hint, but for `done` being necessary. */
struct control {
  volatile uint64_t done;     /* the nonce, once the harness has returned */
  volatile uint64_t progress; /* the replica now running */
  volatile uint64_t returned; /* what a kernel returned that was not null */
  volatile uint64_t address;  /* of a fault */
  volatile uint32_t signal;
  volatile uint32_t access; /* 1 read, 2 write, 0 unknown */
  /* Of a worker: what it is to do next, and how long it says that took. */
  volatile uint32_t calls, first;
  volatile uint32_t cold;
  volatile uint64_t claimed_ns;
};
extern struct control *control; /* of the child at hand */
extern uintptr_t stack_top;
struct control *open_control(void);
void open_jail(void);
enum { PIPES = 2 };
/* In a child. It keeps the pipes, if any, as its files 0 and 1, to write to. Gives the layers that hold. */
int enter_jail(uint32_t limit_ms, size_t arena_size, const int pipes[PIPES]);
/* From now on who is jailed keeps standard error, for the log of an emulator it runs in. */
void keep_log(void);
/* Names of the layers that a child really got, space separated. */
const char *jail_layers(void);
uint64_t now_ns(void);

/* ---- children: child.c ---- */
enum outcome { COMPLETED, FAILED, TIMED_OUT };
enum placement { ANYWHERE, PINNED };
/* The core of pinned children, -1 before one is chosen; and a process to it, 0 for this one: false where that is refused. */
void use_core(int);
int core_in_use(void);
bool pin(pid_t);
/* Forks, jails the child, runs body(context) in it, and reaps it. */
enum outcome run_child(void (*body)(void *), void *context, uint32_t limit_ms, enum placement, const struct arena *,
                       char *reason, size_t size);
/* The first half of that, and what the end of such a child means. */
pid_t fork_child(void (*body)(void *), void *context, uint32_t limit_ms, enum placement, const struct arena *,
                 const int pipes[PIPES]);
enum outcome explain_end(int status, const struct arena *, char *reason, size_t size);

/* ---- what takes times: worker.c; time.h has the rest ---- */
/* Called once, before any worker: which clock is fine enough. */
void choose_clock(void);
const char *clock_name(void);

/* ---- calls: call.c ---- */
/* Calls the kernel for every workgroup under a floating-point mode; what it returned first that was not null. */
struct caller {
  struct dim3 workgroups, id;
  struct call_frame frame;
  struct kernel_arg *args;
  const struct arena *arena;
};
void open_caller(struct caller *, const struct arena *);
void close_caller(struct caller *);
void aim_caller(struct caller *, size_t replica);
/* The same, but buffers that are only written stay those of the first replica. */
void aim_inputs(struct caller *, size_t replica);
void *call_kernel(struct caller *, kernel_fn);
void enter_float_mode(enum rounding, bool flush);
void leave_float_mode(void);
/* Rounds to nearest until the state given back is restored; flushing stays as it was. */
uint64_t round_to_nearest(void);
void restore_float_mode(uint64_t);

/* ---- comparison: compare.c ---- */
struct expectation; /* what every output element may be, hidden from children */
struct comparison {
  bool agrees;
  double worst_ulps;
  uint64_t differing;
  size_t replica, argument, element; /* of the first that differs */
  const struct dtype *dtype;
  uint64_t expected, actual, lowest, highest;
  bool bounded; /* lowest and highest say something */
};
struct expectation *open_expectation(const struct arena *);
void close_expectation(struct expectation *);
/* Takes in the outputs of a reference run; the VALUE run comes first. `skip[r]` leaves replica r out. */
void expect_outputs(struct expectation *, const struct reference *, const uint8_t *skip);
struct comparison compare_outputs(const struct expectation *, enum semantics, const uint8_t *skip);

/* ---- jobs' work ---- */
void verify(const struct job *);
void time_functions(const struct job *);

/* Runs the job's one function once between two marks, and ends the process: trace.c */
void trace_function(const struct job *);
void put_marks(void);
void runner_end(void); /* z-end.c */

/* ---- answers: answer.c; a line is written whole ---- */
enum { MAX_INPUTS = 16 }; /* of a counterexample that are written out */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
void put_string(const char *text);
void put_reason(const char *reason);
void put_counterexample(const struct arena *, enum input_kind, uint64_t trial, const struct comparison *);
void end_line(void);

/* ---- read by instrumented references, set in the child before they run: instrument.c ---- */
extern int32_t xlab_perturb, xlab_probe;
enum { FAR = 2 };

#endif
