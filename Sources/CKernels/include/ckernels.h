#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_approximate_inverse.h"
#include "ck_amg.h"
#include "ck_assembly.h"
#include "ck_combine.h"
#include "ck_convolution.h"
#include "ck_copy.h"
#include "ck_elements.h"
#include "ck_incomplete.h"
#include "ck_krylov.h"
#include "ck_grid.h"
#include "ck_optimizers.h"
#include "ck_pointwise.h"
#include "ck_random.h"
#include "ck_reductions.h"
#include "ck_relaxation.h"
#include "ck_rows.h"
#include "ck_runs.h"
#include "ck_sparse.h"
#include "ck_spectral.h"
#include "ck_stencil.h"
#include "ck_threads.h"
#include "ck_threshold.h"
#include "ck_triangular.h"
#include "ck_vectors.h"

#endif
