#include "ck_pointwise.h"

#include "dispatch.h"
#include "elementary.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#define CK_LIBM(name) name
#include "pointwise_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#define CK_LIBM(name) CK_CONCATENATE(name, f)
#include "pointwise_template.h"
