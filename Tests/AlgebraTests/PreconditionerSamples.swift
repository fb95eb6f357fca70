import Tensors

import Algebra

/// Matrices and right-hand sides for tests of preconditioners, in linear time.
enum PreconditionerSamples {
  /// The 5- or 7-point matrix of -Δ on n points per axis with zero values around, times h²; rows in natural order.
  static func laplacian(_ n: Int, dimensions: Int) -> SparseMatrix<Double> {
    diffusion([Int](repeating: n, count: dimensions)) { _, _ in 1 }
  }

  /// -div(k grad) on a grid with zero values around and the conductance k(i, axis) between point i and the next point
  /// along an axis (or the wall); the last axis is the fastest.
  static func diffusion(_ points: [Int], _ conductance: (_ point: Int, _ axis: Int) -> Double)
    -> SparseMatrix<Double>
  {
    let count = points.reduce(1, *)
    var strides = [Int](repeating: 1, count: points.count)
    for axis in (0..<points.count - 1).reversed() { strides[axis] = strides[axis + 1] * points[axis + 1] }
    var (starts, indices, values): ([Int32], [Int32], [Double]) = ([0], [], [])
    for i in 0..<count {
      var diagonal = 0.0
      var upper: [(Int, Double)] = []
      for (axis, stride) in strides.enumerated() {
        let place = i / stride % points[axis]
        let before = conductance(place > 0 ? i - stride : i, axis)
        let after = conductance(i, axis)
        diagonal += before + after
        if place > 0 {
          indices.append(Int32(i - stride))
          values.append(-before)
        }
        if place < points[axis] - 1 { upper.append((i + stride, -after)) }
      }
      indices.append(Int32(i))
      values.append(diagonal)
      for (column, value) in upper.reversed() {
        indices.append(Int32(column))
        values.append(value)
      }
      starts.append(Int32(indices.count))
    }
    return try! SparseMatrix(
      rows: count, columns: count, rowStarts: starts, columnIndices: indices, values: values)
  }

  /// Uniform numbers in (-1, 1) by the generator x ← 1664525 x + 1013904223 mod 2³² of Numerical Recipes.
  static func uniform(_ count: Int, seed: UInt32 = 1) -> [Double] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return 2 * (Double(state) / 4_294_967_296) - 1
    }
  }

  /// Iterations of conjugate gradients to a relative residual of 1e-8; -1 if that is not reached.
  static func iterations(
    _ a: SparseMatrix<Double>, _ b: [Double], _ m: any PreparedPreconditioner<Double>, limit: Int = 2000
  ) throws -> Int {
    let solution = try ConjugateGradient(.relative(1e-8, iterationLimit: limit)).solve(
      a, b, preconditioner: m)
    return solution.status == .converged ? solution.statistics.iterations : -1
  }
}
