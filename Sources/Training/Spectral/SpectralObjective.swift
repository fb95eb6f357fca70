import Autodiff
import NeuralNetworks
import Optimizers
import Tensors

/// Half the sum of squared residual coefficients of a solution operator, in the mean over a batch of inputs: by Parseval's
/// identity half the mean square of the residuals over the box, without sampling (Du et al., ICLR 2024).
public final class SpectralObjective<Scalar: OptimizerScalar>: LeastSquaresObjective {
  public let layout: ParameterLayout
  /// Inputs in a batch.
  public let batch: Int
  public let model: SpectralOperator<Scalar>

  let parameters: [Parameter<Scalar>]
  private let inputShape: [Int]
  private let width: Int
  private var input: UnsafePointer<Scalar>?
  private var valueProgram: Program<Scalar>?
  private var gradientProgram: Program<Scalar>?
  private var residualProgram: Program<Scalar>?

  /// The loss of an operator for batches of inputs, to be bound before it is evaluated.
  public init(_ model: SpectralOperator<Scalar>, batch: Int) {
    precondition(batch > 0, "a batch of \(batch) inputs")
    (self.model, self.batch) = (model, batch)
    parameters = model.trainableParameters.map(\.parameter)
    layout = ParameterLayout(of: model)
    inputShape = [batch] + model.grid.modes + [model.inputs.count]
    width = model.residual.equations.count * model.residual.residualGrid.modes.reduce(1, *)
  }

  /// Gives the loss a batch of coefficients, [batch, modes …, inputs], which must live as long as it is evaluated.
  public func bind(input: UnsafePointer<Scalar>) { self.input = input }

  private var inputs: [ProgramInput] {
    [.batched(inputShape)] + parameters.map { .shared($0.wrappedValue.shape) }
  }

  private func residuals(_ values: [Tensor<Scalar>]) throws -> [Tensor<Scalar>] {
    try recording(parameters, as: Array(values[1...])) { try model.residuals(values[0]) }
  }

  private func total(_ values: [Tensor<Scalar>]) throws -> Tensor<Scalar> {
    var sum: Tensor<Scalar>?
    for residual in try residuals(values) {
      let term = residual.squared.sum(axes: nil)
      sum = sum.map { $0 + term } ?? term
    }
    return sum! * Scalar(0.5 / Double(batch))
  }

  private func run(_ program: Program<Scalar>, at x: Tensor<Scalar>) {
    guard let input else { preconditionFailure("a loss without a batch: bind one first") }
    program.bind(0, input)
    // The vector is the caller's for as long as the program runs.
    layout.bind(x, to: program, from: 1)
    program.run()
  }

  /// The loss at the last evaluation.
  public private(set) var lastLoss = 0.0

  public func value(at x: Tensor<Scalar>) throws -> Double {
    let program = try valueProgram ?? Program(inputs) { [try total($0)] }
    valueProgram = program
    run(program, at: x)
    lastLoss = Double(program.output(0)[0])
    return lastLoss
  }

  public func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    let program =
      try gradientProgram
      ?? Program(inputs) { values in
        let loss = try total(values)
        return [loss] + gradients(of: loss, withRespectTo: Array(values[1...]))
      }
    gradientProgram = program
    run(program, at: x)
    lastLoss = Double(program.output(0)[0])
    layout.copy(program, from: 1, to: &gradient)
    return lastLoss
  }

  /// The programs' kernel calls, for finding out where time goes.
  package var programDescription: String { gradientProgram.map { "\($0)" } ?? "not recorded yet" }

  // MARK: - Least squares

  public var residualCount: Int { batch * width }

  public func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws {
    let program =
      try residualProgram
      ?? Program(inputs) { values in
        let parts = try self.residuals(values).map { $0.reshaped([batch, $0.count / batch]) }
        return [.concatenated(parts, axis: 1) * Scalar(1 / Double(batch).squareRoot())]
      }
    residualProgram = program
    run(program, at: x)
    residuals.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: program.output(0)) }
  }

  /// - Throws: ``TrainingError``: a Jacobian of all residual coefficients with respect to all weights does not fit memory.
  public func jacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>
  ) throws {
    throw TrainingError(
      "a spectral network has \(layout.count) parameters and \(residualCount) residual coefficients, and no Jacobian of that "
        + "size is formed: take adam, muon, soap or lbfgs")
  }
}
