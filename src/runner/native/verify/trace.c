/* Runs one function once, between two marks, for an emulator that logs what it executes: what lies between them are
 * the function's own instructions and those of what it calls. In this very process, for another's would mix into the
 * log; it is shut in as a child is and ends with the call, but keeps its files, to which the emulator writes the log. */
#include "runner.h"
#include <unistd.h>

extern char etext[]; /* where all code ends, says the linker */

__attribute__((noinline)) static void begin_mark(void) { __asm__ volatile("" ::: "memory"); }
__attribute__((noinline)) static void end_mark(void) { __asm__ volatile("" : : "r"(1) : "memory"); }

void put_marks(void) {
  put("{\"kind\":\"marks\",\"begin\":%llu,\"end\":%llu,\"code\":[%llu,%llu]}", (unsigned long long)(uintptr_t)begin_mark,
      (unsigned long long)(uintptr_t)end_mark, (unsigned long long)(uintptr_t)runner_end,
      (unsigned long long)(uintptr_t)etext);
  end_line();
}

void trace_function(const struct job *job) {
  struct arena arena;
  struct caller caller;
  char reason[MAX_REASON];
  if (job->function_count != 1) fatal("job: one function at a time is traced");
  const struct function *function = job->functions[0];
  if (!open_arena(&arena, job, 1, NULL, reason, MAX_REASON)) {
    put("{\"kind\":\"time-failed\",\"job\":%u,\"function\":", job->number);
    put_string(function->id);
    put_reason(reason);
    put("}");
    end_line();
    return;
  }
  fill_replica(&arena, 0, TIMING, 0);
  restore_arena(&arena);
  open_caller(&caller, &arena);
  keep_log();
  enter_jail(job->limit_ms, arena.size, (const int[PIPES]){2, 2});
  enter_float_mode(NEAREST, job->flush);
  begin_mark();
  call_kernel(&caller, function->call);
  end_mark();
  _exit(0);
}
