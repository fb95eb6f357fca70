#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif

#include "ck_threads.h"

#include <time.h>

#if defined(__linux__)
#include <sched.h>
#endif

static _Thread_local ck_region current_region;

ck_region *ck_current_region(void) { return &current_region; }

int64_t ck_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

#if defined(__linux__)
int ck_current_processor(void) { return sched_getcpu(); }

void ck_leave_processor(int processor) {
  cpu_set_t allowed, others;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  others = allowed;
  CPU_CLR(processor, &others);
  // Narrowing the set moves the thread at once; widening it again leaves the thread where it is.
  if (CPU_COUNT(&others) == 0 || sched_setaffinity(0, sizeof others, &others) != 0) return;
  sched_setaffinity(0, sizeof allowed, &allowed);
}
#else
int ck_current_processor(void) { return -1; }
void ck_leave_processor(int processor) { (void)processor; }
#endif
