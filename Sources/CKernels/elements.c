#include "ck_elements.h"

#include <math.h>
#include <stddef.h>

#include "dispatch.h"

void ck_elements_gather(double *out, const int32_t *indices, int64_t size, int64_t cells, int64_t lanes,
                        const double *values, int64_t stride, int64_t offset) {
  for (int64_t c = 0; c < lanes; c++) {
    const int32_t *own = indices + (c < cells ? c : cells - 1) * size;
    for (int64_t k = 0; k < size; k++) out[k * lanes + c] = values[own[k] * stride + offset];
  }
}

typedef double ck_eight __attribute__((vector_size(64), aligned(8)));

// A strip of `height` rows of the table, for eight lanes at a time.
#define CK_STRIP(height)                                                                         \
  for (int64_t c = 0; c < lanes; c += 8) {                                                       \
    ck_eight sums[height];                                                                       \
    for (int r = 0; r < height; r++)                                                             \
      sums[r] = accumulate ? *(const ck_eight *)(out + r * lanes + c) : (ck_eight){0};           \
    for (int64_t k = 0; k < depth; k++) {                                                        \
      const ck_eight x = *(const ck_eight *)(in + k * lanes + c);                                \
      for (int r = 0; r < height; r++) sums[r] += table[r * depth + k] * x;                      \
    }                                                                                            \
    for (int r = 0; r < height; r++) *(ck_eight *)(out + r * lanes + c) = sums[r];               \
  }

CK_DISPATCH void ck_elements_contract(double *out, const double *table, const double *in, int64_t rows, int64_t depth,
                                      int64_t lanes, int accumulate) {
  while (rows >= 6) {
    CK_STRIP(6)
    rows -= 6;
    out += 6 * lanes;
    table += 6 * depth;
  }
  switch (rows) {
    case 5: CK_STRIP(5) break;
    case 4: CK_STRIP(4) break;
    case 3: CK_STRIP(3) break;
    case 2: CK_STRIP(2) break;
    case 1: CK_STRIP(1) break;
    default: break;
  }
}

CK_DISPATCH void ck_elements_jacobian(double *inverse, double *determinant, const double *jacobian, int64_t dimension,
                                      int64_t n) {
  const double *j = jacobian;
  double *k = inverse;
  switch (dimension) {
    case 1:
      CK_LOOP
      for (int64_t i = 0; i < n; i++) {
        determinant[i] = j[i];
        k[i] = 1 / j[i];
      }
      break;
    case 2:
      CK_LOOP
      for (int64_t i = 0; i < n; i++) {
        const double a = j[i], b = j[n + i], c = j[2 * n + i], d = j[3 * n + i];
        const double det = a * d - b * c, s = 1 / det;
        determinant[i] = det;
        k[i] = s * d;
        k[n + i] = -s * b;
        k[2 * n + i] = -s * c;
        k[3 * n + i] = s * a;
      }
      break;
    default:
      CK_LOOP
      for (int64_t i = 0; i < n; i++) {
        const double a = j[i], b = j[n + i], c = j[2 * n + i];
        const double d = j[3 * n + i], e = j[4 * n + i], f = j[5 * n + i];
        const double g = j[6 * n + i], h = j[7 * n + i], l = j[8 * n + i];
        const double p = e * l - f * h, q = f * g - d * l, r = d * h - e * g;
        const double det = a * p + b * q + c * r, s = 1 / det;
        determinant[i] = det;
        k[i] = s * p;
        k[n + i] = s * (c * h - b * l);
        k[2 * n + i] = s * (b * f - c * e);
        k[3 * n + i] = s * q;
        k[4 * n + i] = s * (a * l - c * g);
        k[5 * n + i] = s * (c * d - a * f);
        k[6 * n + i] = s * r;
        k[7 * n + i] = s * (b * g - a * h);
        k[8 * n + i] = s * (a * e - b * d);
      }
  }
}

void ck_elements_surface(double *measure, double *normals, const double *inverse, const double *determinant,
                         const double *area, int64_t dimension, int64_t n) {
  for (int64_t i = 0; i < n; i++) {
    double vector[3] = {0, 0, 0}, square = 0;
    for (int64_t d = 0; d < dimension; d++) {
      for (int64_t a = 0; a < dimension; a++) vector[d] += inverse[(a * dimension + d) * n + i] * area[a];
      vector[d] *= determinant[i];
      square += vector[d] * vector[d];
    }
    const double length = sqrt(square);
    measure[i] = length;
    for (int64_t d = 0; d < dimension; d++) normals[d * n + i] = vector[d] / length;
  }
}

CK_DISPATCH void ck_elements_metric(double *out, const double *coefficient, const double *measure,
                                    const double *inverse, int64_t dimension, int64_t points, int64_t lanes,
                                    int perCell) {
  const int64_t n = points * lanes, places = perCell ? lanes : n;
  int64_t entry = 0;
  for (int64_t a = 0; a < dimension; a++) {
    for (int64_t b = a; b < dimension; b++, entry++) {
      for (int64_t q = 0; q < points; q++) {
        const int64_t shift = perCell ? 0 : q * lanes;
        const double *restrict u = inverse + a * dimension * places + shift;
        const double *restrict v = inverse + b * dimension * places + shift;
        const double *restrict m = measure + shift;
        const double *restrict f = coefficient ? coefficient + q * lanes : NULL;
        double *restrict o = out + entry * n + q * lanes;
        for (int64_t c = 0; c < lanes; c++) {
          double sum = u[c] * v[c];
          if (dimension > 1) sum += u[places + c] * v[places + c];
          if (dimension > 2) sum += u[2 * places + c] * v[2 * places + c];
          o[c] = sum * m[c];
        }
        if (f) {
          for (int64_t c = 0; c < lanes; c++) o[c] *= f[c];
        }
      }
    }
  }
}

CK_DISPATCH void ck_elements_pull_vector(double *out, const double *const *vector, const double *measure,
                                         const double *inverse, int64_t dimension, int64_t points, int64_t lanes,
                                         int perCell) {
  const int64_t n = points * lanes, places = perCell ? lanes : n;
  for (int64_t a = 0; a < dimension; a++) {
    for (int64_t q = 0; q < points; q++) {
      const int64_t shift = perCell ? 0 : q * lanes;
      double *restrict o = out + a * n + q * lanes;
      for (int64_t c = 0; c < lanes; c++) o[c] = 0;
      for (int64_t d = 0; d < dimension; d++) {
        if (!vector[d]) continue;
        const double *restrict f = vector[d] + q * lanes;
        const double *restrict k = inverse + (a * dimension + d) * places + shift;
        for (int64_t c = 0; c < lanes; c++) o[c] += k[c] * f[c];
      }
      const double *restrict m = measure + shift;
      for (int64_t c = 0; c < lanes; c++) o[c] *= m[c];
    }
  }
}

CK_DISPATCH void ck_elements_pull_tensor(double *out, const double *const *tensor, const double *measure,
                                         const double *inverse, int64_t dimension, int64_t points, int64_t lanes,
                                         int perCell) {
  const int64_t n = points * lanes, places = perCell ? lanes : n;
  for (int64_t a = 0; a < dimension; a++) {
    for (int64_t b = 0; b < dimension; b++) {
      for (int64_t q = 0; q < points; q++) {
        const int64_t shift = perCell ? 0 : q * lanes;
        double *restrict o = out + (a * dimension + b) * n + q * lanes;
        for (int64_t c = 0; c < lanes; c++) o[c] = 0;
        for (int64_t d = 0; d < dimension; d++) {
          const double *restrict u = inverse + (a * dimension + d) * places + shift;
          for (int64_t e = 0; e < dimension; e++) {
            if (!tensor[d * dimension + e]) continue;
            const double *restrict f = tensor[d * dimension + e] + q * lanes;
            const double *restrict v = inverse + (b * dimension + e) * places + shift;
            for (int64_t c = 0; c < lanes; c++) o[c] += u[c] * v[c] * f[c];
          }
        }
        const double *restrict m = measure + shift;
        for (int64_t c = 0; c < lanes; c++) o[c] *= m[c];
      }
    }
  }
}

CK_DISPATCH void ck_elements_scale(double *out, const double *f, const double *measure, int64_t points, int64_t lanes,
                                   int perCell) {
  for (int64_t q = 0; q < points; q++) {
    const double *restrict m = measure + (perCell ? 0 : q * lanes);
    double *restrict o = out + q * lanes;
    if (f) {
      const double *restrict g = f + q * lanes;
      for (int64_t c = 0; c < lanes; c++) o[c] = m[c] * g[c];
    } else {
      for (int64_t c = 0; c < lanes; c++) o[c] = m[c];
    }
  }
}

CK_DISPATCH void ck_elements_push_gradient(double *out, const double *reference, const double *inverse, int64_t axis,
                                           int64_t dimension, int64_t points, int64_t lanes, int perCell) {
  const int64_t n = points * lanes, places = perCell ? lanes : n;
  for (int64_t q = 0; q < points; q++) {
    const int64_t shift = perCell ? 0 : q * lanes;
    double *restrict o = out + q * lanes;
    for (int64_t c = 0; c < lanes; c++) o[c] = 0;
    for (int64_t a = 0; a < dimension; a++) {
      const double *restrict k = inverse + (a * dimension + axis) * places + shift;
      const double *restrict r = reference + a * n + q * lanes;
      for (int64_t c = 0; c < lanes; c++) o[c] += k[c] * r[c];
    }
  }
}

void ck_elements_scatter_matrix(double *values, const int32_t *starts, const uint16_t *offsets, const int32_t *dofs,
                                int64_t rows, int64_t columns, int64_t base, int64_t stride, const double *matrix,
                                int64_t cells, int64_t lanes) {
  for (int64_t c = 0; c < cells; c++) {
    for (int64_t i = 0; i < rows; i++) {
      double *row = values + starts[base + stride * dofs[c * rows + i]];
      const uint16_t *offset = offsets + (c * rows + i) * columns;
      const double *element = matrix + i * columns * lanes + c;
      for (int64_t j = 0; j < columns; j++) row[offset[j]] += element[j * lanes];
    }
  }
}

void ck_elements_scatter_vector(double *vector, const int32_t *dofs, int64_t size, int64_t base, int64_t stride,
                                const double *element, int64_t cells, int64_t lanes) {
  for (int64_t c = 0; c < cells; c++) {
    for (int64_t i = 0; i < size; i++) vector[base + stride * dofs[c * size + i]] += element[i * lanes + c];
  }
}
