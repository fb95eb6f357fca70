import Tensors

extension TensorFit {
  // Along the last axis, matrices act from the right: there the factor is the conjugate of the one that would act from the
  // left, and P = QᴴQ and its Gram matrix hᴴh are so too.

  /// x ← Q x, or Qᴴ x, along an axis.
  func apply(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafeMutablePointer<Double>,
    isAdjoint: Bool = false
  ) {
    let q = factors! + axis.start
    if axis.isSquare {
      multiply(block, axis, q, isAdjoint: isAdjoint, x)
    } else {
      scale(block, axis, x) { q[$0] }
    }
  }

  /// x ← Q⁻ᴴ x along an axis with a triangular factor.
  func solve(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafeMutablePointer<Double>
  ) {
    let q = factors! + axis.start
    if axis.isSquare {
      let inverse = fit.inverse(block.matrix.field, order: axis.length, ofTriangular: q)
      multiply(block, axis, inverse, isAdjoint: true, x)
    } else {
      scale(block, axis, x) { 1 / q[$0] }
    }
  }

  func multiply(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ matrix: UnsafePointer<Double>, isAdjoint: Bool,
    _ x: UnsafeMutablePointer<Double>
  ) {
    let (field, n, inner, out) = (block.matrix.field, axis.length, axis.inner, image.pointer)
    if inner == 1 {
      products.multiply(
        field, axis.outer, n, n, x, n, matrix, n, timesAdjoint: !isAdjoint, out, n)
    } else {
      let slab = n * inner * field.width
      for o in 0..<axis.outer {
        products.multiply(
          field, n, inner, n, matrix, n, adjoint: isAdjoint, x + o * slab, inner, out + o * slab, inner)
      }
    }
    x.update(from: out, count: block.matrix.count)
  }

  func scale(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafeMutablePointer<Double>,
    by factor: (Int) -> Double
  ) {
    let run = axis.inner * block.matrix.field.width
    for o in 0..<axis.outer {
      for i in 0..<axis.length {
        let part = x + (o * axis.length + i) * run
        if run == 1 { part.pointee *= factor(i) } else { Double.scale(part, by: factor(i), count: run) }
      }
    }
  }

  /// The products of the slices of x along an axis with one another; for a diagonal factor, their squared norms.
  func gram(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafePointer<Double>,
    into out: UnsafeMutablePointer<Double>
  ) {
    let (field, n, inner) = (block.matrix.field, axis.length, axis.inner)
    if !axis.isSquare {
      let run = inner * field.width
      out.update(repeating: 0, count: n)
      for o in 0..<axis.outer {
        for i in 0..<n {
          let part = x + (o * n + i) * run
          out[i] += run == 1 ? part.pointee * part.pointee : Double.dot(part, part, count: run)
        }
      }
    } else if inner == 1 {
      products.multiply(field, n, n, axis.outer, x, n, adjoint: true, x, n, out, n)
    } else {
      let slab = n * inner * field.width
      guard axis.outer > 1 else {
        return products.multiply(field, n, n, inner, x, inner, x, inner, timesAdjoint: true, out, n)
      }
      for o in 0..<axis.outer {
        field.multiply(
          n, n, inner, x + o * slab, inner, x + o * slab, inner, timesAdjoint: true, beta: o == 0 ? 0 : 1,
          out, n)
      }
    }
  }
}
