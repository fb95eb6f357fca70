#ifndef ANSATZ_ALLOCATION_COUNTER_H
#define ANSATZ_ALLOCATION_COUNTER_H

#include <stdint.h>

/// How many blocks the calling thread has asked of malloc and its relatives since it began. Zero for ever where the C
/// library offers no way to count.
int64_t allocation_count(void);

/// Whether allocations are counted on this system.
int allocation_count_is_available(void);

#endif
