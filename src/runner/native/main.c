/* The runner's entry: says which layers of the jail hold, then does the jobs of standard input in order. */
#include "runner.h"

int main(void) {
  open_jail();
  choose_clock();
  put("{\"kind\":\"hello\",\"functions\":%u,\"jail\":", xlab_function_count);
  put_string(jail_layers());
  put(",\"clock\":\"%s\"}", clock_name());
  end_line();
  for (struct job job; read_job(&job); free_job(&job)) {
    if (job.timing) time_functions(&job);
    else verify(&job);
    put("{\"kind\":\"done\",\"job\":%u}", job.number);
    end_line();
  }
  return 0;
}
