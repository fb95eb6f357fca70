#include "ck_convolution.h"

#include "convolution_tiles.h"
#include "convolution_window.h"

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#include "convolution_padding_template.h"
#include "convolution_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#include "convolution_padding_template.h"
#include "convolution_template.h"
