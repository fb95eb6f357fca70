import Foundation
import Tensors
import Transforms

/// Matrices along a Chebyshev axis between its collocation points and its grid; the two are the same unless products
/// are dealiased.
extension BoundedAxis {
  /// Values of ∂ᵏ on the grid from values at the collocation points: `points` × `extent`. Nil for the identity.
  func gridMatrix(order: Int) -> Buffer<Double>? {
    if order == 0 && !hasFinerGrid { return nil }
    let derivative = nodes.differentiationMatrix(order: order)
    guard hasFinerGrid else { return Self.buffer(derivative) }
    let interpolation = nodes.interpolationMatrix(to: coordinates)
    return Self.buffer(order == 0 ? interpolation : matmul(interpolation, derivative))
  }

  /// Values of ∂ᵏ at the collocation points from values on the grid, cut at the axis' degree: `extent` × `points`. Nil
  /// for the identity.
  func nodeMatrix(order: Int) -> Buffer<Double>? {
    guard hasFinerGrid else { return gridMatrix(order: order) }
    let derivative = nodes.differentiationMatrix(order: order)
    return Self.buffer(order == 0 ? truncation : matmul(derivative, truncation))
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

  /// Values at the collocation points of ∂ᵏ from those of the field: `extent` × `extent`.
  func differentiationMatrix(order: Int) -> Buffer<Double> {
    Self.buffer(nodes.differentiationMatrix(order: order))
  }

  private static func buffer(_ matrix: Tensor<Double>) -> Buffer<Double> { Buffer(copying: matrix.elements) }
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
