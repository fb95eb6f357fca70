import Autodiff
import Equations
import NeuralNetworks
import Optimizers
import Tensors

/// Formulas of labels, unknowns and their derivatives, evaluated for a network at any number of labels by one program.
final class LabelEvaluator<Scalar: OptimizerScalar> {
  private let formulas: [Node]
  private let system: PointwiseSystem
  private let model: (Tensor<Scalar>) -> Tensor<Scalar>
  private let parameters: [Parameter<Scalar>]
  private let columns: Int
  private var program: Program<Scalar>?
  private var block: Tensor<Scalar>
  /// Rows of a run; what is left over of the last one repeats a row.
  private static var rows: Int { 2048 }

  /// - Parameters:
  ///   - labels: The problem in labels.
  ///   - formulas: Formulas over its unknowns, one result each.
  ///   - parameters: What the model's values depend on; their present elements count at each evaluation.
  init(
    _ labels: PointwiseSystem, _ formulas: [Node], parameters: [Parameter<Scalar>],
    model: @escaping (Tensor<Scalar>) -> Tensor<Scalar>
  ) {
    (self.formulas, system, self.parameters, self.model) = (formulas, labels, parameters, model)
    columns = labels.dimension + 1
    block = .zeros([Self.rows, labels.dimension + 1])
  }

  /// Values at labels.
  ///
  /// - Parameter labels: Rows of coordinates and time, one behind the other.
  /// - Returns: One array per formula.
  /// - Throws: `EquationError` for formulas that cannot be evaluated.
  func callAsFunction(_ labels: [Double]) throws -> [[Double]] {
    let count = labels.count / columns
    var results = formulas.map { _ in [Double](repeating: 0, count: count) }
    guard count > 0 else { return results }
    let program =
      try program
      ?? Program([.batched(block.shape)] + parameters.map { .shared($0.wrappedValue.shape) }) { values in
        try recording(parameters, as: Array(values[1...])) {
          try ResidualRecorder<Scalar>(system, formulas)(values[0], free: [], model: model)
        }
      }
    self.program = program
    let values = parameters.map(\.wrappedValue)
    for (i, value) in values.enumerated() {
      value.withUnsafeBufferPointer { program.bind(1 + i, $0.baseAddress!) }
    }
    var first = 0
    while first < count {
      let rows = min(Self.rows, count - first)
      block.withUnsafeMutableBufferPointer { out in
        for i in out.indices {
          let row = min(i / columns, rows - 1)
          out[i] = Scalar(labels[(first + row) * columns + i % columns])
        }
      }
      // Parameters and block live as long as the program runs.
      withExtendedLifetime(values) {
        block.withUnsafeBufferPointer { points in
          program.bind(0, points.baseAddress!)
          program.run()
        }
      }
      for k in results.indices {
        let output = program.output(k)
        for i in 0..<rows { results[k][first + i] = Double(output[i]) }
      }
      first += rows
    }
    return results
  }
}
