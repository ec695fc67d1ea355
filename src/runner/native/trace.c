/* Runs each function of a job once, between two marks, for an emulator that logs what it executes: what lies between
 * them are the function's own instructions and those of what it calls. The log is the emulator's standard error, so
 * the child keeps that file; nothing here is timed. */
#include "runner.h"
#include <stdio.h>

extern char etext[]; /* where all code ends, says the linker */

__attribute__((noinline)) static void begin_mark(void) { __asm__ volatile("" ::: "memory"); }
__attribute__((noinline)) static void end_mark(void) { __asm__ volatile("" : : "r"(1) : "memory"); }

void put_marks(void) {
  put("{\"kind\":\"marks\",\"begin\":%llu,\"end\":%llu,\"code\":[%llu,%llu]}", (unsigned long long)(uintptr_t)begin_mark,
      (unsigned long long)(uintptr_t)end_mark, (unsigned long long)(uintptr_t)runner_end,
      (unsigned long long)(uintptr_t)etext);
  end_line();
}

struct call {
  const struct job *job;
  const struct function *function;
  struct caller caller;
};

static void run_once(void *context) {
  struct call *call = context;
  enter_float_mode(NEAREST, call->job->flush);
  begin_mark();
  void *error = call_kernel(&call->caller, call->function->call);
  end_mark();
  leave_float_mode();
  control->returned = (uintptr_t)error;
}

void trace_functions(const struct job *job) {
  keep_log();
  for (size_t i = 0; i < job->function_count; i++) {
    struct arena arena;
    struct call call = {.job = job, .function = job->functions[i]};
    char reason[MAX_REASON];
    bool made = open_arena(&arena, job, 1, NULL, reason, MAX_REASON);
    if (made) {
      fill_replica(&arena, 0, TIMING, 0);
      restore_arena(&arena);
      open_caller(&call.caller, &arena);
      made = run_child(run_once, &call, job->limit_ms, ANYWHERE, &arena, reason, MAX_REASON) == COMPLETED;
      close_caller(&call.caller);
      close_arena(&arena);
    }
    if (made) continue;
    put("{\"kind\":\"time-failed\",\"job\":%u,\"function\":", job->number);
    put_string(call.function->id);
    put_reason(reason);
    put("}");
    end_line();
  }
}
