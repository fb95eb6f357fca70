#include "ck_reductions.h"

#include "dispatch.h"

#include <math.h>

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#define CK_FABS __builtin_fabs
#include "reductions_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#define CK_FABS __builtin_fabsf
#include "reductions_template.h"
