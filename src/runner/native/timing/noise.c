/* What disturbs a measurement, as far as it can be seen from here. */
#define _GNU_SOURCE
#include "time.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PULSE_STEPS = 8000 };

/* A chain of multiplications, each of which needs the one before: its cycles are fixed, whatever the core can do at
 * once, so its time tells of the frequency, and of neighbours that share the core. */
static void *run_pulse(const struct call_frame *frame) {
  uint64_t x = (uint64_t)(uintptr_t)frame | 1;
  for (int i = 0; i < PULSE_STEPS; i++) {
    x *= 0xd6e8feb86659fd93ULL;
    __asm__ volatile("" : "+r"(x));
  }
  return NULL;
}

const struct function pulse = {"pulse", run_pulse};

static size_t read_file(const char *path, char *text, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t got = read(file, text, size - 1);
  close(file);
  text[got > 0 ? got : 0] = 0;
  return got > 0 ? (size_t)got : 0;
}

/* proc(5): the first line of /proc/stat is cpu user nice system idle iowait irq softirq steal, in ticks. */
uint64_t stolen_ticks(void) {
  char text[256];
  unsigned long long steal = 0;
  if (read_file("/proc/stat", text, sizeof text) > 0)
    sscanf(text, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal);
  return steal;
}

/* proc(5): the 39th field of /proc/PID/stat, the 37th behind the name, is the core it last ran on; -1 if unknown. */
int cpu_of(pid_t pid) {
  char path[40], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (read_file(path, text, sizeof text) == 0) return -1;
  char *at = strrchr(text, ')');
  for (int field = 2; at && field < 39; field++) at = strchr(at + 1, ' ');
  return at ? atoi(at) : -1;
}
