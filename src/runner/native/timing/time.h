/* What takes times: workers, what disturbs them, and the state of one timing job. */
#ifndef XLAB_TIME_H
#define XLAB_TIME_H

#include "runner.h"

/* ---- workers: worker.c ---- */
/* A child that stays, holds one function and runs it as often as it is told, while the parent looks at the clock. */
struct worker {
  const struct function *function;
  pid_t pid;
  int gate, done; /* the parent's ends */
  int counter;    /* of instructions, or -1 */
  int state;      /* /proc/PID/stat, or -1 */
  int32_t clock;  /* the kernel's account of the process */
  struct control *control;
  uint64_t rest_ns;     /* that account when it last waited */
  uint64_t overhead_ns; /* of an order without calls */
  uint64_t overhead_instructions;
  uint32_t orders, overruns; /* of those, the ones it computed beyond */
  bool pinned;
  int core; /* it is pinned to */
};
struct order {
  uint32_t calls;
  uint32_t last; /* the replica of the last call: they alternate */
  bool cold;     /* caches flushed before each call */
};
struct timing {
  uint64_t ns;           /* by the parent's clock, without what an empty order costs */
  uint64_t claimed_ns;   /* by the child's own */
  uint64_t instructions; /* 0 when nothing counts them */
  bool overran;          /* it went on computing behind its end */
};
uint64_t tick_ns(void);
/* Moves it to the core in use. */
void follow(struct worker *);
/* False, with a reason, when it does not come up, or fails. */
bool open_worker(struct worker *, const struct function *, const struct arena *, uint32_t limit_ms, uint32_t shift,
                 char *reason);
bool give_order(struct worker *, struct order, uint32_t limit_ms, const struct arena *, struct timing *, char *reason);
void close_worker(struct worker *);

/* ---- what disturbs: noise.c ---- */
/* Times of two fixed pieces of work on the core of the workers. Steps in a chain take as long whoever shares the core:
 * they tell of its frequency. Work that is spread over its units takes up to twice as long when another thread of the core
 * wants its share, be it another machine's: by the chain's time, in millionths, that is the crowding. Zeros where nothing
 * can be pinned. The process that feels it stays on that core: it sleeps while they run, and is woken there at once. */
struct pulse {
  uint64_t chained, spread;
};
struct pulse feel_pulse(void);
bool crowded(struct pulse);
/* Of two chains: that the core ran at the same frequency. */
bool alike(uint64_t, uint64_t);
/* Looks at each core for some milliseconds and takes the least crowded of those as fast as the last: the last of equals,
 * for the first ones take most interrupts. Gives the least crowding seen, which counts as none until less is known of
 * this machine. */
uint64_t choose_core(void);
void know_crowding(uint64_t least);
/* Time lost to disturbances, and whether more may be: half as much as is spent otherwise, for a neighbour who never
 * rests is part of the machine. */
void lose(uint64_t ns);
bool affordable(void);
/* Looks for a core that is not crowded, and waits for one, as long as that is affordable. The core in use is then another. */
struct pulse await_quiet(void);
uint64_t stolen_ticks(void);        /* of the whole machine, by its hypervisor */
int cpu_of(pid_t);

/* ---- a worker's own side: serve.c ---- */
enum { GATE, DONE, WORKER_PAGE = 65536 }; /* its files, and the most it puts into the gate at once */
struct serving {
  const struct function *function;
  struct caller callers[2];
  const struct arena *arena;
  uint32_t shift;
  size_t page_bytes; /* what the gate takes at once */
};
void serve(void *serving);

/* ---- one timing job: time.c, sample.c ---- */
enum { SETS = 2 };
struct subject {
  const struct function *function;
  struct worker worker;
  uint32_t batch, retaken;
  bool constant;              /* its outputs do not depend on the inputs */
  uint64_t expected[SETS][2]; /* hashes of what its first calls gave */
  uint64_t instructions;      /* of a call */
};
struct measured {
  uint32_t position, batch, retaken;
  bool cold;
  const char *disturbance;
  double ns;
};
struct session {
  const struct job *job;
  struct subject *subjects;
  size_t count;
  struct arena arena;
  uint8_t *sets[SETS]; /* inputs, and first contents of outputs */
  struct measured *samples; /* pair × function, then cold ones */
  size_t taken;
  uint32_t *order, process, limit_ms; /* of one process: its share of the job's */
  uint64_t target_ns, retakes;
  struct pulse pulse; /* felt last: behind the last sample, or when the core was quiet again */
  size_t culprit;
  bool in_place, small;
  char *reason;
};
/* All of these are false, with a reason in the session, when the function that is now the culprit failed. */
bool prepare(struct session *, size_t f);
bool run_pair(struct session *, uint32_t pair, bool last);
bool take_cold(struct session *, size_t f, struct measured *);
bool check_once(struct session *, size_t f, uint32_t set, uint32_t replica);
/* Fills the sets of inputs; orders the functions for a pair. */
void make_sets(struct session *);
void shuffle(const struct session *, uint32_t pair);

#endif
