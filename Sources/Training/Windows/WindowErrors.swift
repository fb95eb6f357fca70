import Equations
import Tensors

/// Errors against a reference that is cut into windows of time: those of earlier windows are kept as sums.
struct WindowErrors<Scalar: Real> {
  private struct Part {
    /// Points in the time of the window, and what to compare with.
    let points: Tensor<Scalar>
    let values: Tensor<Double>
    /// Σ(u − reference)² per column, at the parameters that the window ended with.
    var squares: [Double]
  }

  private let names: [String]
  private let unknowns: [Int]
  /// Σ reference² per window and column.
  private var sizes: [[Double]] = []
  private var parts: [Part?] = []

  /// - Parameter bounds: Where windows begin, and where the last one ends.
  init(_ reference: MeasuredPoints?, _ system: PointwiseSystem, bounds: [Double]) {
    unknowns = reference?.unknowns ?? []
    names = unknowns.map { "error(\(system.unknowns[$0].name))" }
    guard let reference else { return }
    let columns = system.dimension + 1
    let (points, values) = (reference.points.elements, reference.values.elements)
    let times = stride(from: columns - 1, to: points.count, by: columns).map { points[$0] }
    for k in 0..<bounds.count - 1 {
      let isLast = k == bounds.count - 2
      let rows = times.indices.filter { row in
        (k == 0 || times[row] > bounds[k]) && (isLast || times[row] <= bounds[k + 1])
      }
      let own = rows.flatMap { row in
        (0..<columns).map { points[row * columns + $0] - ($0 == columns - 1 ? bounds[k] : 0) }
      }
      let wanted = rows.flatMap { row in unknowns.indices.map { values[row * unknowns.count + $0] } }
      sizes.append(
        unknowns.indices.map { column in
          stride(from: column, to: wanted.count, by: unknowns.count).reduce(0) {
            $0 + wanted[$1] * wanted[$1]
          }
        })
      parts.append(
        rows.isEmpty
          ? nil
          : Part(
            points: Tensor(shape: [rows.count, columns], own.map { Scalar($0) }),
            values: Tensor(shape: [rows.count, unknowns.count], wanted),
            squares: unknowns.map { _ in 0 }))
    }
  }

  private func squares(_ part: Part, _ model: (Tensor<Scalar>) -> Tensor<Scalar>) -> [Double] {
    let values = Tensor<Double>(model(part.points))
    return unknowns.enumerated().map { column, unknown in
      let gap =
        values.slice(axis: 1, unknown..<unknown + 1) - part.values.slice(axis: 1, column..<column + 1)
      return gap.dot(gap)
    }
  }

  /// Keeps the errors of a window that is done with.
  mutating func finish(_ window: Int, _ model: (Tensor<Scalar>) -> Tensor<Scalar>) {
    guard !parts.isEmpty, let part = parts[window] else { return }
    parts[window]!.squares = squares(part, model)
  }

  /// ‖u − reference‖₂/‖reference‖₂ per unknown up to the end of a window, the earlier ones as they were finished; with
  /// several unknowns, of all together first.
  func errors(upTo window: Int, _ model: (Tensor<Scalar>) -> Tensor<Scalar>) -> [(
    name: String, value: Double
  )] {
    guard !parts.isEmpty else { return [] }
    var sums = unknowns.map { _ in 0.0 }
    var total = sums
    for k in 0...window {
      guard let part = parts[k] else { continue }
      let own = k == window ? squares(part, model) : part.squares
      for column in unknowns.indices {
        sums[column] += own[column]
        total[column] += sizes[k][column]
      }
    }
    func relative(_ square: Double, _ size: Double) -> Double {
      size > 0 ? (square / size).squareRoot() : square.squareRoot()
    }
    var result = names.indices.map { (names[$0], relative(sums[$0], total[$0])) }
    if names.count > 1 { result.insert(("error", relative(sums.reduce(0, +), total.reduce(0, +))), at: 0) }
    return result
  }
}
