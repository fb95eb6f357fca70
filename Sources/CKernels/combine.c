#include "ck_combine.h"

#include "dispatch.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#define CK_WIDE 8
#define CK_PAIRS(v) __builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3)
#define CK_EVENS(v) __builtin_shufflevector(v, v, 0, 0, 2, 2, 4, 4, 6, 6)
#define CK_ODDS(v) __builtin_shufflevector(v, v, 1, 1, 3, 3, 5, 5, 7, 7)
#define CK_SWAPPED(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6)
#define CK_SIGNS ((CK_TYPED(ck_wide)){-1, 1, -1, 1, -1, 1, -1, 1})
#include "combine_template.h"

#undef REAL
#undef CK_TYPED
#undef CK_WIDE
#undef CK_PAIRS
#undef CK_EVENS
#undef CK_ODDS
#undef CK_SWAPPED
#undef CK_SIGNS

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#define CK_WIDE 16
#define CK_PAIRS(v) __builtin_shufflevector(v, v, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)
#define CK_EVENS(v) __builtin_shufflevector(v, v, 0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14)
#define CK_ODDS(v) __builtin_shufflevector(v, v, 1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15)
#define CK_SWAPPED(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
#define CK_SIGNS ((CK_TYPED(ck_wide)){-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1})
#include "combine_template.h"
