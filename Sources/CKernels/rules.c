#include "ck_rules.h"

#include "lanes.h"

#define REAL double
#define KEY uint64_t
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "rules_template.h"

#define REAL float
#define KEY uint32_t
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "rules_template.h"
