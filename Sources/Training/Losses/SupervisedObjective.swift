import Autodiff
import NeuralNetworks
import Optimizers
import Tensors

/// How a model's outputs are compared with targets.
public enum SupervisedLoss: String, Hashable, Sendable, Codable, CaseIterable {
  /// Half the mean, over samples and their numbers, of squared differences.
  case meanSquare = "mean-square"
  /// The mean over samples of ‖output − target‖₂ / ‖target‖₂, which operators are trained by (Li et al., ICLR 2021).
  case relativeL2 = "relative-l2"
}

/// The loss of a model on a batch of inputs and targets.
public final class SupervisedObjective<Scalar: OptimizerScalar>: LeastSquaresObjective {
  public let loss: SupervisedLoss
  public let layout: ParameterLayout
  /// The shapes of a batch of inputs and of targets, samples first.
  public let inputShape: [Int]
  public let targetShape: [Int]

  private let model: (Tensor<Scalar>) -> Tensor<Scalar>
  let parameters: [Parameter<Scalar>]
  private var input: UnsafePointer<Scalar>?
  private var target: UnsafePointer<Scalar>?
  private var valueProgram: Program<Scalar>?
  private var gradientProgram: Program<Scalar>?
  private var residualProgram: Program<Scalar>?
  private var jacobianProgram: Program<Scalar>?
  var formProgram: Program<Scalar>?
  var hessianProgram: Program<Scalar>?
  var gaussNewtonProgram: Program<Scalar>?
  var layerPrograms: [LayerStatistics: LayerFactorProgram<Scalar>] = [:]
  private let ones: Tensor<Scalar>

  /// The loss of a model for batches of given shapes, to be bound before it is evaluated.
  public init(
    _ model: some Layer<Scalar>, loss: SupervisedLoss = .meanSquare, inputShape: [Int], targetShape: [Int]
  ) {
    precondition(
      inputShape.first == targetShape.first && inputShape.first! > 0,
      "inputs of shape \(inputShape) with targets of shape \(targetShape)")
    self.model = { model($0) }
    parameters = model.trainableParameters.map(\.parameter)
    layout = ParameterLayout(of: model)
    (self.loss, self.inputShape, self.targetShape) = (loss, inputShape, targetShape)
    ones = .ones([inputShape[0], 1])
  }

  /// Gives the loss a batch, which must live as long as it is evaluated.
  public func bind(input: UnsafePointer<Scalar>, target: UnsafePointer<Scalar>) {
    (self.input, self.target) = (input, target)
  }

  // MARK: - Recording

  var samples: Int { inputShape[0] }
  /// Numbers in a sample's target.
  var width: Int { targetShape.dropFirst().reduce(1, *) }

  var inputs: [ProgramInput] {
    [.batched(inputShape), .batched(targetShape)] + parameters.map { .shared($0.wrappedValue.shape) }
  }

  /// Outputs minus targets.
  /// - Throws: ``TrainingError`` where their shapes differ.
  func differences(_ values: [Tensor<Scalar>]) throws -> Tensor<Scalar> {
    try recording(parameters, as: Array(values[2...])) {
      let output = model(values[0])
      guard output.shape == targetShape else {
        throw TrainingError(
          "the model turns inputs of shape \(inputShape) into outputs of shape \(output.shape), and the targets have the "
            + "shape \(targetShape): let its last layer give the targets' shape")
      }
      return output - values[1]
    }
  }

  /// ‖x‖² of every sample.
  private func squares(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    x.rank == 1 ? x.squared : x.squared.sum(axes: Array(1..<x.rank))
  }

  func total(_ values: [Tensor<Scalar>]) throws -> Tensor<Scalar> {
    loss(of: try differences(values), target: values[1])
  }

  /// The loss as a function of outputs minus targets.
  func loss(of differences: Tensor<Scalar>, target: Tensor<Scalar>) -> Tensor<Scalar> {
    switch loss {
    case .meanSquare: return differences.squared.sum(axes: nil) * Scalar(0.5 / Double(samples * width))
    case .relativeL2:
      // A little is added, so that there is a slope where nothing is left.
      let tiny = Scalar.ulpOfOne * Scalar.ulpOfOne
      return sqrt(squares(differences) / squares(target) + tiny).sum(axes: nil)
        * Scalar(1 / Double(samples))
    }
  }

  func run(
    _ program: Program<Scalar>, at x: Tensor<Scalar>, tangents u: Tensor<Scalar>? = nil,
    _ v: Tensor<Scalar>? = nil, _ body: () -> Void
  ) {
    guard let input, let target else { preconditionFailure("a loss without a batch: bind one first") }
    program.bind(0, input)
    program.bind(1, target)
    layout.bind(x, to: program, from: 2)
    if let u { layout.bind(u, to: program, from: 2 + parameters.count) }
    if let v { layout.bind(v, to: program, from: 2 + 2 * parameters.count) }
    program.run()
    body()
  }

  /// Tangents of all parameters, as further inputs.
  var tangentInputs: [ProgramInput] { parameters.map { .shared($0.wrappedValue.shape) } }

  // MARK: - Objective

  /// The loss at the last evaluation.
  public internal(set) var lastLoss = 0.0

  public func value(at x: Tensor<Scalar>) throws -> Double {
    let program = try valueProgram ?? Program(inputs) { [try total($0)] }
    valueProgram = program
    run(program, at: x) { lastLoss = Double(program.output(0)[0]) }
    return lastLoss
  }

  public func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    let program =
      try gradientProgram
      ?? Program(inputs) { values in
        let loss = try total(values)
        return [loss] + gradients(of: loss, withRespectTo: Array(values[2...]))
      }
    gradientProgram = program
    run(program, at: x) {
      lastLoss = Double(program.output(0)[0])
      layout.copy(program, from: 1, to: &gradient)
    }
    return lastLoss
  }

  // MARK: - Least squares

  public var residualCount: Int { samples * width }

  /// Residuals as [samples, width].
  func residuals(_ values: [Tensor<Scalar>]) throws -> Tensor<Scalar> {
    guard loss == .meanSquare else {
      throw TrainingError(
        "the relative L2 loss is no sum of squares, which Gauss-Newton methods need: take the loss 'mean-square', or "
          + "another optimizer")
    }
    let scale = Scalar(1 / Double(samples * width).squareRoot())
    return try differences(values).reshaped([samples, width]) * scale
  }

  /// - Throws: ``TrainingError`` for a loss that is no sum of squares.
  public func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws {
    let program = try residualProgram ?? Program(inputs) { [try self.residuals($0)] }
    residualProgram = program
    run(program, at: x) {
      residuals.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: program.output(0)) }
    }
  }

  /// - Throws: ``TrainingError`` for a loss that is no sum of squares, `DifferentiationError` for a model that mixes
  ///   samples.
  public func jacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>
  ) throws {
    // Ones by sample: a gradient that is the same for all samples, such as that of a bias, is still one of each.
    let program =
      try jacobianProgram
      ?? Program(inputs + [.batched([samples, 1])]) { values in
        let ones = values[values.count - 1]
        let residuals = try self.residuals(Array(values.dropLast()))
        let own = Array(values[2..<values.count - 1])
        return [residuals]
          + (try (0..<width).map { column in
            let rows = try sampleGradients(
              of: residuals.slice(axis: 1, column..<column + 1) * ones, withRespectTo: own,
              inputs: [values[0], values[1], ones])
            return .concatenated(rows.map { $0.reshaped([samples, $0.count / samples]) }, axis: 1)
          })
      }
    jacobianProgram = program
    ones.withUnsafeBufferPointer { program.bind(2 + parameters.count, $0.baseAddress!) }
    let count = layout.count
    run(program, at: x) {
      residuals.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: program.output(0)) }
      jacobian.withUnsafeMutableBufferPointer { out in
        for column in 0..<width {
          let part = program.output(1 + column)
          for sample in 0..<samples {
            (out.baseAddress! + (sample * width + column) * count)
              .update(from: part.baseAddress! + sample * count, count: count)
          }
        }
      }
    }
  }

  // MARK: - Errors

  private var errorPrograms: [Int: Program<Scalar>] = [:]

  /// ‖output − target‖² and ‖target‖² of every sample of a batch of any number of samples.
  func errors(
    of x: Tensor<Scalar>, input: UnsafePointer<Scalar>, target: UnsafePointer<Scalar>, samples: Int
  ) throws -> [(difference: Double, size: Double)] {
    let program: Program<Scalar>
    if let known = errorPrograms[samples] {
      program = known
    } else {
      var inputs = inputs
      inputs[0].shape[0] = samples
      inputs[1].shape[0] = samples
      program = Program(inputs) { values in
        let output = recording(parameters, as: Array(values[2...])) { model(values[0]) }
        return [squares(output - values[1]), squares(values[1])]
      }
      errorPrograms[samples] = program
    }
    program.bind(0, input)
    program.bind(1, target)
    return withExtendedLifetime(x) {
      layout.bind(x, to: program, from: 2)
      program.run()
      return zip(program.output(0), program.output(1)).map { (Double($0), Double($1)) }
    }
  }
}
