#include "ck_modal.h"

#include "dispatch.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "modal_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "modal_template.h"
