import Foundation
import Tensors
import Transforms

/// Derivatives along a Chebyshev axis between its collocation points and its grid; the two are the same unless products
/// are dealiased.
extension BoundedAxis {
  /// ∂ᵏ on the way from the collocation points to the grid, or from the grid to the collocation points, where the
  /// series is cut at the axis' degree. Nil for the identity.
  func derivativeTask(
    order: Int, toGrid: Bool, _ shape: LineShape, workers: Int, from input: UnsafeMutablePointer<Double>,
    to output: () -> UnsafeMutablePointer<Double>
  ) -> (any GridTask)? {
    if order == 0 && !hasFinerGrid { return nil }
    let (rows, columns) = toGrid ? (points, extent) : (extent, points)
    // Measured: dense products of many lines run near the peak of the processor, a single one at the speed of memory.
    let longest = max(rows, columns)
    if longest >= 768 || shape.lines < 8 && longest >= 256 {
      return ChebyshevSeriesTask(
        from: input, count: columns, to: output(), count: rows, order: order, length: interval.length, shape,
        workers: workers)
    }
    let derivative = nodes.differentiationMatrix(order: order)
    let matrix: Tensor<Double>
    if !hasFinerGrid {
      matrix = derivative
    } else {
      let change = toGrid ? nodes.interpolationMatrix(to: coordinates) : truncation
      matrix = order == 0 ? change : toGrid ? matmul(change, derivative) : matmul(derivative, change)
    }
    return DenseTask(
      Buffer(copying: matrix.elements), rows: rows, columns: columns, shape, from: input, to: output())
  }

  /// The series of the values on the grid, without terms beyond the degree, at the collocation points.
  private var truncation: Tensor<Double> {
    let (n, m) = (points - 1, cutoff)
    // T_k at the j-th of n + 1 ascending points is cos(πk(n − j)/n).
    let fine = (0..<2 * n).map { cos(.pi * Double($0) / Double(n)) }
    let coarse = (0..<2 * m).map { cos(.pi * Double($0) / Double(m)) }
    let coefficients = (0...m).map { k in
      (0...n).map { j -> Double in
        let end = (k == 0 || k == n ? 0.5 : 1) * (j == 0 || j == n ? 0.5 : 1)
        return 2 / Double(n) * end * fine[k * (n - j) % (2 * n)]
      }
    }
    let values = (0...m).map { i in (0...m).map { k in coarse[k * (m - i) % (2 * m)] } }
    return matmul(Tensor(rows: values), Tensor(rows: coefficients))
  }
}

extension Buffer where Element == Double {
  /// Memory with the given contents.
  convenience init(copying elements: [Double]) {
    self.init(uninitialized: elements.count)
    pointer.update(from: elements, count: elements.count)
  }
}

extension ChebyshevLine {
  /// `synthesis` with columns of zeros up to `modes`.
  func synthesisMatrix(modes: Int) -> Buffer<Double> {
    let result = Buffer<Double>(count: count * modes)
    for j in 0..<count {
      for m in 0..<modeCount { result.pointer[j * modes + m] = synthesis[j * modeCount + m] }
    }
    return result
  }

  /// `analysis` with rows of zeros up to `modes`.
  func analysisMatrix(modes: Int) -> Buffer<Double> {
    let result = Buffer<Double>(count: count * modes)
    result.pointer.update(from: analysis, count: analysis.count)
    return result
  }
}
