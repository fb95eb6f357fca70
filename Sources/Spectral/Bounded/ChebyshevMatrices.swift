import Foundation
import Tensors
import Transforms

/// A matrix along one axis, folded where that halves the work.
struct LineMatrix: Sendable {
  private enum Form: Sendable {
    case dense(Buffer<Double>)
    case folded(FoldedMatrix)
  }

  let rows: Int
  let columns: Int
  private let form: Form

  /// Below this size the second product costs more than the halves save.
  private static let leastFolded = 24

  /// - Parameters:
  ///   - elements: `rows` × `columns`, by rows.
  ///   - evenRows: Even modes among the rows; nil where rows are points.
  ///   - evenColumns: Even modes among the columns; nil where columns are points.
  ///   - mayFold: Whether modes are even and odd.
  init(
    _ elements: [Double], rows: Int, columns: Int, evenRows: Int? = nil, evenColumns: Int? = nil,
    mayFold: Bool = true
  ) {
    (self.rows, self.columns) = (rows, columns)
    if mayFold, min(rows, columns) >= Self.leastFolded,
      let folded = FoldedMatrix(
        elements, rows: rows, columns: columns, evenRows: evenRows, evenColumns: evenColumns)
    {
      form = .folded(folded)
    } else {
      form = .dense(Buffer(copying: elements))
    }
  }

  /// The matrix applied to an array.
  func task(
    _ shape: LineShape, workers: Int, from input: UnsafeMutablePointer<Double>,
    to output: UnsafeMutablePointer<Double>
  ) -> any GridTask {
    switch form {
    case .dense(let matrix):
      DenseTask(matrix, rows: rows, columns: columns, shape, from: input, to: output)
    case .folded(let matrix): FoldedTask(matrix, shape, workers: workers, from: input, to: output)
    }
  }
}

/// Derivatives along a Chebyshev axis between its collocation points and its grid; the two are the same unless products
/// are dealiased.
extension BoundedAxis {
  /// ∂ᵏ on the way from the collocation points to the grid, or from the grid to the collocation points, where the
  /// series is cut at the axis' degree. Nil for the identity.
  ///
  /// - Parameter known: Matrices by order, shared by the tasks of one direction.
  func derivativeTask(
    order: Int, toGrid: Bool, _ shape: LineShape, workers: Int, known: inout [Int: LineMatrix],
    from input: UnsafeMutablePointer<Double>, to output: () -> UnsafeMutablePointer<Double>
  ) -> (any GridTask)? {
    if order == 0 && !hasFinerGrid { return nil }
    let (rows, columns) = toGrid ? (points, extent) : (extent, points)
    // Measured: dense products of many lines run near the peak of the processor, a single one at the speed of memory.
    let longest = max(rows, columns)
    if longest >= 1024 || shape.lines < 8 && longest >= 384 {
      return ChebyshevSeriesTask(
        from: input, count: columns, to: output(), count: rows, order: order, length: interval.length, shape,
        workers: workers)
    }
    let matrix = known[order] ?? derivativeMatrix(order: order, toGrid: toGrid)
    known[order] = matrix
    return matrix.task(shape, workers: workers, from: input, to: output())
  }

  private func derivativeMatrix(order: Int, toGrid: Bool) -> LineMatrix {
    let derivative = nodes.differentiationMatrix(order: order)
    let matrix: Tensor<Double>
    if !hasFinerGrid {
      matrix = derivative
    } else {
      let change = toGrid ? nodes.interpolationMatrix(to: coordinates) : truncation
      matrix = order == 0 ? change : toGrid ? matmul(change, derivative) : matmul(derivative, change)
    }
    return LineMatrix(
      matrix.elements, rows: toGrid ? points : extent, columns: toGrid ? extent : points)
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
  /// Values at all points from modes, of which there may be more than this line has.
  func synthesisMatrix(modes: Int) -> LineMatrix {
    var elements = Array(repeating: 0.0, count: count * modes)
    for j in 0..<count {
      for m in 0..<modeCount { elements[j * modes + m] = synthesis[j * modeCount + m] }
    }
    return LineMatrix(
      elements, rows: count, columns: modes, evenColumns: evenModeCount ?? 0, mayFold: evenModeCount != nil)
  }

  /// Modes from values at all points; those that this line has not are zero.
  func analysisMatrix(modes: Int) -> LineMatrix {
    LineMatrix(
      analysis + Array(repeating: 0, count: count * (modes - modeCount)), rows: modes, columns: count,
      evenRows: evenModeCount ?? 0, mayFold: evenModeCount != nil)
  }
}
