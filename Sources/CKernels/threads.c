#include "ck_threads.h"

#include <time.h>

static _Thread_local ck_region current_region;

ck_region *ck_current_region(void) { return &current_region; }

int64_t ck_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
