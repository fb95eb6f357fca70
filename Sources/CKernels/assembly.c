#include "ck_assembly.h"

#include "dispatch.h"

#include <math.h>

void ck_count_indices(int32_t *counts, const int32_t *indices, int64_t first, int64_t end) {
  for (int64_t p = first; p < end; p++) counts[indices[p]]++;
}

int64_t ck_index_out_of_range(const int32_t *indices, int64_t first, int64_t end, int64_t limit) {
  for (int64_t p = first; p < end; p++) {
    if ((int64_t)(uint32_t)indices[p] >= limit) return p;
  }
  return -1;
}

void ck_bucket_starts(int32_t *starts, int32_t *counts, int64_t buckets, int64_t chunks) {
  int32_t total = 0;
  for (int64_t k = 0; k < buckets; k++) {
    starts[k] = total;
    for (int64_t c = 0; c < chunks; c++) {
      const int32_t count = counts[c * buckets + k];
      counts[c * buckets + k] = total;
      total += count;
    }
  }
  starts[buckets] = total;
}

int64_t ck_accumulate_starts(int32_t *starts, int64_t rows) {
  int64_t total = 0;
  starts[0] = 0;
  for (int64_t i = 1; i <= rows; i++) {
    total += starts[i];
    starts[i] = (int32_t)total;
  }
  return total;
}

void ck_csr_transpose_positions(int32_t *rows_out, int32_t *positions_out, int32_t *cursor, const int32_t *starts,
                                const int32_t *columns, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    for (int32_t p = starts[i]; p < starts[i + 1]; p++) {
      const int32_t q = cursor[columns[p]]++;
      rows_out[q] = (int32_t)i;
      positions_out[q] = p;
    }
  }
}

void ck_csr_product_count(int32_t *counts, const int32_t *a_starts, const int32_t *a_columns, const int32_t *b_starts,
                          const int32_t *b_columns, int32_t *marker, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    int32_t count = 0;
    for (int32_t p = a_starts[i]; p < a_starts[i + 1]; p++) {
      const int32_t k = a_columns[p];
      for (int32_t q = b_starts[k]; q < b_starts[k + 1]; q++) {
        const int32_t j = b_columns[q];
        count += marker[j] != (int32_t)i;
        marker[j] = (int32_t)i;
      }
    }
    counts[i] = count;
  }
}

void ck_csr_sum_count(int32_t *counts, const int32_t *a_starts, const int32_t *a_columns, const int32_t *b_starts,
                      const int32_t *b_columns, int64_t first, int64_t end) {
  for (int64_t i = first; i < end; i++) {
    int32_t p = a_starts[i], q = b_starts[i], count = 0;
    const int32_t p_end = a_starts[i + 1], q_end = b_starts[i + 1];
    while (p < p_end && q < q_end) {
      const int32_t j = a_columns[p], k = b_columns[q];
      p += j <= k;
      q += k <= j;
      count++;
    }
    counts[i] = count + (p_end - p) + (q_end - q);
  }
}

#define REAL double
#define CK_TYPED(name) CK_CONCATENATE(name, _d)
#define CK_FABS __builtin_fabs
#include "assembly_template.h"

#define REAL float
#define CK_TYPED(name) CK_CONCATENATE(name, _f)
#define CK_FABS __builtin_fabsf
#include "assembly_template.h"
