#ifndef CK_THREADS_H
#define CK_THREADS_H

#include <stdint.h>

/// Tells the processor that this is a spin loop: it saves power and leaves the core to its sibling.
static inline void ck_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// What the calling thread is doing: the pool whose region it runs (0 outside any region), as which worker, and how many
/// scopes that fix the number of BLAS threads it is in.
typedef struct {
  uintptr_t pool;
  int64_t worker;
  int64_t blasDepth;
} ck_region;

/// The calling thread's own record.
ck_region *ck_current_region(void);

/// The processor that runs the calling thread, or -1 where that cannot be known.
int ck_current_processor(void);

/// Moves the calling thread off a processor if it may run on another one, and lets it run on all it could before.
void ck_leave_processor(int processor);

/// Nanoseconds of a clock that never runs backwards.
int64_t ck_nanoseconds(void);

#endif
