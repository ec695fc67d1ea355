/* One verify job: reference runs say what may be, then every candidate is run on the same inputs and compared. */
#include "runner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CASES = 65536, MAX_BATCH_BYTES = 64 << 20, TRIAL_BATCH_BYTES = 1 << 20, MAX_BITS = 24, MAX_CRASHES = 64, MAX_HANGS = 2, MORE_PATTERNS = 5 };

enum state { RUNNING, REFUTED, BROKEN };
struct standing {
  enum state state;
  uint64_t trials, ns;
  double worst_ulps;
};
struct session {
  const struct job *job;
  struct arena arena;
  struct expectation *expectation;
  struct standing *standings;
  uint8_t *skip;      /* replicas on which the reference is undefined; children see a copy */
  uint64_t first;     /* case of replica 0 when exhaustive, else the trial */
  size_t cases;       /* replicas that mean something in this batch */
  bool appealed;      /* this batch has had its further runs */
  bool incomplete;    /* some batch was given up, not just replicas on which the reference is undefined */
  unsigned hangs;     /* of references: more than a few, and the rest is not tried */
  char failure[MAX_REASON]; /* why a reference failed first */
};

/* ---- one run of one function ---- */
struct task {
  struct session *session;
  struct caller *caller;
  const struct function *function;
  enum rounding rounding;
  int perturb, probe;
  size_t from;
};

static void run_task(void *context) {
  struct task *t = context;
  const struct session *s = t->session;
  xlab_perturb = t->perturb;
  xlab_probe = t->probe;
  for (size_t r = t->from; r < s->cases; r++) {
    if (s->skip[r]) continue;
    control->progress = r;
    aim_caller(t->caller, r);
    enter_float_mode(t->rounding, s->job->flush);
    void *error = call_kernel(t->caller, t->function->call);
    leave_float_mode();
    if (!error) continue;
    control->returned = (uint64_t)(uintptr_t)error;
    return;
  }
}

/* Runs the function on every replica from `from` on; on failure `*at` is the replica that failed. */
static enum outcome run_function(struct session *s, struct task task, size_t *at, char *reason) {
  struct caller caller;
  open_caller(&caller, &s->arena);
  task.session = s;
  task.caller = &caller;
  enum outcome outcome = run_child(run_task, &task, s->job->limit_ms, ANYWHERE, &s->arena, reason, MAX_REASON);
  close_caller(&caller);
  *at = control->progress < s->cases ? (size_t)control->progress : s->cases - 1;
  if (outcome == COMPLETED && !check_canaries(&s->arena, reason, MAX_REASON)) return FAILED;
  return outcome;
}

/* A reference run on every replica. Where it fails the reference is undefined: that replica is left out from here on
 * and the run goes on behind it. False when nothing of the batch is left. */
static bool run_reference(struct session *s, const struct reference *ref) {
  restore_arena(&s->arena);
  size_t from = 0;
  for (unsigned crashes = 0; crashes < MAX_CRASHES; crashes++) {
    struct task task = {.function = ref->function, .rounding = ref->rounding, .perturb = ref->perturb,
                        .probe = ref->probe, .from = from};
    size_t at;
    char reason[MAX_REASON];
    enum outcome outcome = run_function(s, task, &at, reason);
    if (outcome == COMPLETED) return true;
    if (s->failure[0] == 0) snprintf(s->failure, sizeof s->failure, "the reference %s", reason);
    if (outcome == TIMED_OUT && ++s->hangs > MAX_HANGS) return false;
    s->skip[at] = 1;
    from = at + 1;
    if (from >= s->cases) return s->cases > 1;
  }
  return false;
}

/* What a replica was filled with. */
static enum input_kind kind_of(const struct session *s, size_t replica) {
  return s->job->exhaustive ? ENUMERATED : s->job->trials[s->first + replica];
}

/* ---- answers ---- */
static void begin_result(const struct session *s, size_t c, const char *state) {
  const struct standing *st = &s->standings[c];
  put("{\"kind\":\"verify\",\"job\":%u,\"function\":", s->job->number);
  put_string(s->job->candidates[c].function->id);
  put(",\"state\":\"%s\",\"trials\":%llu,\"worstUlps\":%.0f,\"seconds\":%.6f", state, (unsigned long long)st->trials,
      st->worst_ulps, (double)st->ns / 1e9);
}

static void end_result(void) {
  put("}");
  end_line();
}

/* ---- one trial, or one batch of cases ---- */

/* Further patterns of errors that XLA is permitted, each operation its own way: too many for every trial, but run before
 * one of its builds is refuted. Errors of several operations must meet in one way for some results, as when one product
 * that overflows is taken in unrounded and another is not. */
static void appeal(struct session *s) {
  s->appealed = true;
  for (int more = 1; more <= MORE_PATTERNS; more++)
    for (size_t i = 0; i < s->job->reference_count; i++) {
      struct reference ref = s->job->references[i];
      if (ref.role != WIDEN_XLA || ref.rounding != NEAREST || ref.probe == 0) continue;
      ref.probe += 3 * more << 2; /* src/judge/reference.ts asks for the first three */
      if (!run_reference(s, &ref)) return;
      expect_outputs(s->expectation, &ref, s->skip);
    }
}

static void try_candidate(struct session *s, size_t c) {
  const struct candidate *candidate = &s->job->candidates[c];
  struct standing *st = &s->standings[c];
  uint64_t started = now_ns();
  char reason[MAX_REASON];
  size_t at;
  enum outcome outcome;
  struct comparison result = {.agrees = true};
  for (;;) {
    restore_arena(&s->arena);
    outcome = run_function(s, (struct task){.function = candidate->function}, &at, reason);
    if (outcome == COMPLETED) result = compare_outputs(s->expectation, candidate->semantics, s->skip);
    if (outcome != COMPLETED || result.agrees || candidate->semantics != XLA || s->appealed) break;
    appeal(s);
  }
  st->ns += now_ns() - started;
  if (result.worst_ulps > st->worst_ulps) st->worst_ulps = result.worst_ulps;
  size_t last = outcome != COMPLETED ? at : result.agrees ? s->cases - 1 : result.replica;
  for (size_t r = 0; r <= last; r++) st->trials += !s->skip[r];
  if (outcome != COMPLETED) {
    char full[MAX_REASON + 80];
    snprintf(full, sizeof full, "%s (inputs: %s, trial %llu)", reason, kind_names[kind_of(s, at)],
             (unsigned long long)(s->first + at));
    st->state = BROKEN;
    begin_result(s, c, "broken");
    put_reason(full);
    end_result();
  } else if (!result.agrees) {
    st->state = REFUTED;
    begin_result(s, c, "refuted");
    put(",\"counterexample\":");
    put_counterexample(&s->arena, kind_of(s, result.replica), s->first + result.replica, &result);
    end_result();
  }
}

static void run_trial(struct session *s) {
  const struct job *job = s->job;
  memset(s->skip, 0, s->arena.replicas);
  s->appealed = false;
  for (size_t r = s->cases; r < s->arena.replicas; r++) s->skip[r] = 1;
  for (size_t i = 0; i < job->reference_count; i++) {
    if (!run_reference(s, &job->references[i])) {
      s->incomplete = true;
      return;
    }
    expect_outputs(s->expectation, &job->references[i], s->skip);
  }
  bool any = false;
  for (size_t r = 0; r < s->cases; r++) any |= !s->skip[r];
  for (size_t c = 0; any && c < job->candidate_count; c++)
    if (s->standings[c].state == RUNNING) try_candidate(s, c);
}

static bool finished(const struct session *s) {
  for (size_t c = 0; c < s->job->candidate_count; c++)
    if (s->standings[c].state == RUNNING) return s->hangs > MAX_HANGS;
  return true;
}

static void finish(const struct session *s, const char *reason) {
  for (size_t c = 0; c < s->job->candidate_count; c++) {
    const struct standing *st = &s->standings[c];
    if (st->state != RUNNING) continue;
    bool decided = st->trials > 0 && !reason;
    bool whole = s->job->exhaustive && !s->incomplete;
    begin_result(s, c, !decided ? "undecided" : whole ? "exhausted" : "agreed");
    if (reason) put_reason(reason);
    else if (!decided) put_reason(s->failure[0] ? s->failure : "there was nothing to try");
    end_result();
  }
}

/* Tries cases, or trials, `first` to `total` with `replicas` of them in one child. */
static void try_all(struct session *s, uint64_t first, uint64_t total, size_t replicas, char *reason) {
  if (!open_arena(&s->arena, s->job, replicas, NULL, reason, MAX_REASON)) return;
  s->expectation = open_expectation(&s->arena);
  s->skip = calloc(replicas, 1);
  for (s->first = first; s->first < total && !finished(s); s->first += replicas) {
    s->cases = total - s->first < replicas ? (size_t)(total - s->first) : replicas;
    if (s->job->exhaustive) fill_cases(&s->arena, s->first);
    for (size_t r = 0; !s->job->exhaustive && r < s->cases; r++) fill_replica(&s->arena, r, kind_of(s, r), s->first + r);
    run_trial(s);
  }
  close_expectation(s->expectation);
  free(s->skip);
  close_arena(&s->arena);
}

/* How many fit into `room`: small kernels then cost no fork each. */
static size_t together(const struct job *job, uint64_t wanted, size_t room) {
  size_t one = 0, replicas = 1;
  for (size_t i = 0; i < job->argument_count; i++) one += job->arguments[i].bytes + 64;
  while (replicas < MAX_CASES && replicas < wanted && 2 * replicas * one <= room) replicas *= 2;
  return replicas;
}

void verify(const struct job *job) {
  struct session s = {.job = job};
  s.standings = calloc(job->candidate_count + 1, sizeof *s.standings);
  char reason[MAX_REASON] = "";
  unsigned bits = input_bits(job);
  if (!job->exhaustive) {
    /* The first alone, between guard pages of its own: what strays from its buffers is caught there to the byte. */
    if (job->trial_count > 0) try_all(&s, 0, 1, 1, reason);
    uint64_t rest = job->trial_count > 1 ? job->trial_count - 1 : 0;
    if (rest > 0 && !reason[0]) try_all(&s, 1, job->trial_count, together(job, rest, TRIAL_BATCH_BYTES), reason);
  } else if (bits > MAX_BITS)
    snprintf(reason, sizeof reason, "its inputs have too many bits to try them all (%u)", bits);
  else try_all(&s, 0, 1ULL << bits, together(job, 1ULL << bits, MAX_BATCH_BYTES), reason);
  finish(&s, reason[0] ? reason : NULL);
  free(s.standings);
}
