#include "ck_sparse.h"

#include "dispatch.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "sparse_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "sparse_template.h"
