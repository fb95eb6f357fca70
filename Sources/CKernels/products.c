#include "ck_products.h"

#include "dispatch.h"

#define REAL double
#define CK_BITS int64_t
#define CK_NARROW CK_NARROW_COLUMNS_D
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "products_template.h"

#define REAL float
#define CK_BITS int32_t
#define CK_NARROW CK_NARROW_COLUMNS_F
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "products_template.h"
