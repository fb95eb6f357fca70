import Autodiff
import Optimizers
import Tensors

/// An output that is copied as a matrix, into the gradient or into the factors.
struct LayerFactorCopy {
  let output: Int
  let isGradient: Bool
  let start, rows, columns, leading: Int
}

/// A number among the factors that is the same at all parameters.
struct LayerFactorConstant {
  let place: Int
  let value: Double
}

/// A program that gives losses, their gradient and statistics of affine maps, and where its outputs go.
final class LayerFactorProgram<Scalar: OptimizerScalar> {
  let program: Program<Scalar>
  let layout: LayerFactorLayout
  private let losses: Int
  private let copies: [LayerFactorCopy]
  private let constants: [LayerFactorConstant]

  /// Records a program whose first outputs are losses.
  ///
  /// - Parameter record: Returns the losses and the recording of statistics.
  init(
    _ inputs: [ProgramInput],
    record: ([Tensor<Scalar>]) throws -> (losses: [Tensor<Scalar>], recording: LayerRecording<Scalar>)
  ) throws {
    var (recording, losses) = (LayerRecording<Scalar>?.none, 0)
    program = try Program(inputs) { values in
      let recorded = try record(values)
      (recording, losses) = (recorded.recording, recorded.losses.count)
      return recorded.losses + recorded.recording.outputs
    }
    self.losses = losses
    layout = recording!.layout
    (copies, constants) = (recording!.copies, recording!.constants)
  }

  /// Writes the gradient and the statistics of the last run.
  func copy(gradient: inout Tensor<Scalar>, factors: inout Tensor<Scalar>) {
    precondition(
      factors.shape == [layout.count],
      "statistics of shape \(factors.shape) for a layout of shape [\(layout.count)]")
    gradient.withUnsafeMutableBufferPointer { gradient in
      factors.withUnsafeMutableBufferPointer { factors in
        factors.update(repeating: 0)
        gradient.update(repeating: 0)
        for copy in copies {
          guard let source = program.output(losses + copy.output).baseAddress else { continue }
          let target = (copy.isGradient ? gradient : factors).baseAddress! + copy.start
          for row in 0..<copy.rows {
            (target + row * copy.leading).update(from: source + row * copy.columns, count: copy.columns)
          }
        }
        for constant in constants { factors[constant.place] = Scalar(constant.value) }
      }
    }
  }
}
