#include "ck_rows.h"

#include "dispatch.h"
#include "elementary.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "rows_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "rows_template.h"
