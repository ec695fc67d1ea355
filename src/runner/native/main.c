/* The runner's entry: says which layers of the jail hold, then does the jobs of standard input in order. Called with
 * `marks` it says where its code lies; with `trace` the job's function is run once, for an emulator's log. */
#include "runner.h"
#include <string.h>

int main(int count, char **words) {
  const char *mode = count > 1 ? words[1] : "";
  if (strcmp(mode, "marks") == 0) {
    put_marks();
    return 0;
  }
  open_jail();
  choose_clock();
  put("{\"kind\":\"hello\",\"functions\":%u,\"jail\":", xlab_function_count);
  put_string(jail_layers());
  put(",\"clock\":\"%s\"}", clock_name());
  end_line();
  for (struct job job; read_job(&job); free_job(&job)) {
    if (strcmp(mode, "trace") == 0) trace_function(&job);
    else if (job.timing) time_functions(&job);
    else verify(&job);
    put("{\"kind\":\"done\",\"job\":%u}", job.number);
    end_line();
  }
  return 0;
}
