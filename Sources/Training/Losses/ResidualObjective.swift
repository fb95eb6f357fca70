import Autodiff
import NeuralNetworks
import Optimizers
import Tensors

/// The loss of residuals of one's own, in any number of dimensions: half the sum, over terms, of weight × mean squared
/// residual at the term's samples.
///
/// Where an equation can be written as a `Problem`, ``PhysicsObjective`` does this and more. A residual is a function of
/// samples [samples, …] that uses the model, and gives [samples, 1]:
///
///     let loss = ResidualObjective(model, terms: [.init("equation") { x in laplacian(of: model(x), by: x) + f(x) }],
///       samples: [points])
public final class ResidualObjective<Scalar: OptimizerScalar>: LeastSquaresObjective, CurvatureObjective {
  /// One part of the loss.
  public struct Term {
    public let name: String
    /// What its mean square is multiplied by.
    public let weight: Double
    /// Residuals [samples, 1] at samples; recorded when a program is made.
    public let residual: (Tensor<Scalar>) throws -> Tensor<Scalar>

    public init(
      _ name: String, weight: Double = 1, residual: @escaping (Tensor<Scalar>) throws -> Tensor<Scalar>
    ) {
      (self.name, self.weight, self.residual) = (name, weight, residual)
    }
  }

  public let terms: [Term]
  public let layout: ParameterLayout
  private let parameters: [Parameter<Scalar>]
  private var samples: [Tensor<Scalar>]
  private var valueProgram, gradientProgram, residualProgram, jacobianProgram: Program<Scalar>?
  private var hessianProgram, gaussNewtonProgram: Program<Scalar>?

  /// The loss of a model.
  ///
  /// - Parameters:
  ///   - model: What the residuals use; its trainable parameters are those of the loss.
  ///   - samples: A tensor [samples, …] for each term, at least one sample each.
  public init(_ model: some Module<Scalar>, terms: [Term], samples: [Tensor<Scalar>]) {
    precondition(
      !terms.isEmpty && terms.count == samples.count,
      "\(samples.count) sets of samples for \(terms.count) terms")
    self.terms = terms
    parameters = model.trainableParameters.map(\.parameter)
    layout = ParameterLayout(of: model)
    self.samples = samples
    setSamples(samples)
  }

  /// Other samples. Programs are kept where their numbers stay the same.
  public func setSamples(_ samples: [Tensor<Scalar>]) {
    precondition(
      samples.count == terms.count && samples.allSatisfy { $0.rank > 0 && $0.shape[0] > 0 },
      "samples of shapes \(samples.map(\.shape)) for \(terms.count) terms")
    if samples.map(\.shape) != self.samples.map(\.shape) {
      (valueProgram, gradientProgram, residualProgram, jacobianProgram) = (nil, nil, nil, nil)
      (hessianProgram, gaussNewtonProgram) = (nil, nil)
    }
    self.samples = samples
  }

  // MARK: - Recording

  private var inputs: [ProgramInput] {
    samples.enumerated().map { .batched($0.element.shape, batch: $0.offset) }
      + parameters.map { .shared($0.wrappedValue.shape) }
  }

  private var inputsWithTangents: [ProgramInput] {
    inputs + parameters.map { .shared($0.wrappedValue.shape) }
  }

  /// Those inputs that stand for parameters.
  private func own(_ values: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
    Array(values[terms.count..<terms.count + parameters.count])
  }

  /// Weighted residuals [samples, 1] of every term, for the inputs of a program.
  private func residuals(_ values: [Tensor<Scalar>]) throws -> [Tensor<Scalar>] {
    try recording(parameters, as: own(values)) {
      try terms.enumerated().map { i, term in
        let count = samples[i].shape[0]
        let residual = try term.residual(values[i])
        guard residual.shape == [count, 1] else {
          throw TrainingError(
            "the residual '\(term.name)' has the shape \(residual.shape) at \(count) samples: let it give one number for "
              + "each, [\(count), 1]")
        }
        return residual * Scalar((term.weight / Double(count)).squareRoot())
      }
    }
  }

  private func total(_ values: [Tensor<Scalar>]) throws -> Tensor<Scalar> {
    let losses = try residuals(values).map { 0.5 * $0.squared.sum(axes: nil) }
    return losses.dropFirst().reduce(losses[0], +)
  }

  private func run(
    _ program: Program<Scalar>, at x: Tensor<Scalar>, tangent: Tensor<Scalar>? = nil, _ body: () -> Void
  ) {
    // Samples are held by self, vectors by the caller, for as long as the program runs.
    for (i, table) in samples.enumerated() {
      table.withUnsafeBufferPointer { program.bind(i, $0.baseAddress!) }
    }
    withExtendedLifetime((x, tangent)) {
      layout.bind(x, to: program, from: terms.count)
      if let tangent { layout.bind(tangent, to: program, from: terms.count + parameters.count) }
      program.run()
      body()
    }
  }

  /// Copies outputs one behind the other.
  private func copyRows(_ program: Program<Scalar>, from first: Int, to tensor: inout Tensor<Scalar>) {
    tensor.withUnsafeMutableBufferPointer { out in
      var place = 0
      for i in terms.indices {
        let part = program.output(first + i)
        (out.baseAddress! + place).update(from: part.baseAddress!, count: part.count)
        place += part.count
      }
    }
  }

  // MARK: - Objective

  public func value(at x: Tensor<Scalar>) throws -> Double {
    let program = try valueProgram ?? Program(inputs) { [try total($0)] }
    valueProgram = program
    var loss = 0.0
    run(program, at: x) { loss = Double(program.output(0)[0]) }
    return loss
  }

  public func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    let program =
      try gradientProgram
      ?? Program(inputs) { values in
        let loss = try total(values)
        return [loss] + gradients(of: loss, withRespectTo: own(values))
      }
    gradientProgram = program
    var loss = 0.0
    run(program, at: x) {
      loss = Double(program.output(0)[0])
      layout.copy(program, from: 1, to: &gradient)
    }
    return loss
  }

  public var residualCount: Int { samples.reduce(0) { $0 + $1.shape[0] } }

  public func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws {
    let program = try residualProgram ?? Program(inputs) { try self.residuals($0) }
    residualProgram = program
    run(program, at: x) { copyRows(program, from: 0, to: &residuals) }
  }

  public func jacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>
  ) throws {
    let program =
      try jacobianProgram
      ?? Program(inputs) { values in
        let residuals = try self.residuals(values)
        return residuals
          + (try residuals.enumerated().map { i, residual in
            let rows = try sampleGradients(of: residual, withRespectTo: own(values), inputs: [values[i]])
            return .concatenated(rows.map { $0.reshaped([$0.shape[0], $0.count / $0.shape[0]]) }, axis: 1)
          })
      }
    jacobianProgram = program
    run(program, at: x) {
      copyRows(program, from: 0, to: &residuals)
      copyRows(program, from: terms.count, to: &jacobian)
    }
  }

  // MARK: - Curvature

  public func hessianProduct(at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>)
    throws
  {
    let program =
      try hessianProgram
      ?? Program(inputsWithTangents) { values in
        let own = own(values)
        let slopes = gradients(of: try total(values), withRespectTo: own)
        return directionalDerivatives(
          of: slopes, along: zip(own, values[(terms.count + parameters.count)...]).map { ($0, $1) })
      }
    hessianProgram = program
    run(program, at: x, tangent: v) { layout.copy(program, from: 0, to: &product) }
  }

  public func gaussNewtonProduct(
    at x: Tensor<Scalar>, _ v: Tensor<Scalar>, into product: inout Tensor<Scalar>
  ) throws {
    let program =
      try gaussNewtonProgram
      ?? Program(inputsWithTangents) { values in
        let own = own(values)
        let residuals = try residuals(values)
        let pushed = directionalDerivatives(
          of: residuals, along: zip(own, values[(terms.count + parameters.count)...]).map { ($0, $1) })
        return gradients(of: residuals, withRespectTo: own, seeds: pushed)
      }
    gaussNewtonProgram = program
    run(program, at: x, tangent: v) { layout.copy(program, from: 0, to: &product) }
  }

  // MARK: - The model

  /// The model's trainable parameters as one vector.
  public var parameterVector: Tensor<Scalar> {
    Parameter.vector(of: parameters)
  }

  /// Gives the model the parameters of a vector.
  public func setParameters(_ x: Tensor<Scalar>) {
    layout.assign(x, to: parameters)
  }
}
