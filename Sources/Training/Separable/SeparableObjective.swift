import Autodiff
import Equations
import NeuralNetworks
import Optimizers
import Tensors

/// The loss of a separable network on tensor grids: half the sum, over equations and conditions, of weight × mean squared
/// residual on the grid of their place. Networks are evaluated at the points of the axes alone.
public final class SeparableObjective<Scalar: OptimizerScalar>: LeastSquaresObjective {
  /// One part of the loss.
  public struct Term: Sendable {
    public let name: String
    public let place: PointwiseSystem.Place
    /// What its mean square is multiplied by.
    public let weight: Double
  }

  public let layout: ParameterLayout
  public let terms: [Term]
  /// The parts at the last evaluation.
  public private(set) var termLosses: [Double] = []
  let parameters: [Parameter<Scalar>]
  private let places: [PointwiseSystem.Place]
  private let residuals: [SeparableResidual<Scalar>]
  private var axes: [PointwiseSystem.Place: [Tensor<Scalar>]] = [:]
  private var valueProgram, gradientProgram, residualProgram: Program<Scalar>?

  /// The loss of a network.
  ///
  /// - Parameters:
  ///   - axes: For each place, the points [points, 1] along every coordinate, time last.
  ///   - weight: The weight of the conditions beside the equations.
  public init(
    _ system: PointwiseSystem, _ network: SeparableNetwork<Scalar>,
    axes: [PointwiseSystem.Place: [Tensor<Scalar>]], weight: Double = 1
  ) throws {
    parameters = network.trainableParameters.map(\.parameter)
    layout = ParameterLayout(of: network)
    let all = system.equations + system.conditions
    var places: [PointwiseSystem.Place] = []
    for residual in all where !places.contains(residual.place) { places.append(residual.place) }
    self.places = places
    var terms: [Term] = []
    residuals = places.map { place in
      let own = all.filter { $0.place == place }
      for i in own.indices {
        terms.append(
          Term(
            name: own.count == 1 ? place.name : "\(place.name) \(i + 1)", place: place,
            weight: place == .inside ? 1 : weight))
      }
      return SeparableResidual(system, network, own.map(\.node))
    }
    self.terms = terms
    setAxes(axes)
  }

  /// Other points along the axes. Programs are kept where their numbers stay the same.
  public func setAxes(_ axes: [PointwiseSystem.Place: [Tensor<Scalar>]]) {
    for place in places {
      precondition(
        axes[place]?.allSatisfy { $0.rank == 2 && $0.shape[0] > 0 && $0.shape[1] == 1 } ?? false,
        "the loss needs points [points, 1] along the axes of '\(place.name)'")
      if axes[place]!.map(\.shape) != self.axes[place]?.map(\.shape) {
        (valueProgram, gradientProgram, residualProgram) = (nil, nil, nil)
      }
    }
    self.axes = axes
  }

  /// The points along the axes of a place.
  public func axes(at place: PointwiseSystem.Place) -> [Tensor<Scalar>] { axes[place]! }

  private func points(_ place: PointwiseSystem.Place) -> Int { axes[place]!.reduce(1) { $0 * $1.shape[0] } }

  private var tables: [Tensor<Scalar>] { places.flatMap { axes[$0]! } }

  private var inputs: [ProgramInput] {
    tables.map { .shared($0.shape) } + parameters.map { .shared($0.wrappedValue.shape) }
  }

  /// Weighted residuals of every term, for the inputs of a program.
  private func record(_ values: [Tensor<Scalar>]) throws -> [Tensor<Scalar>] {
    let count = tables.count
    return try recording(parameters, as: Array(values[count...])) {
      var first = 0
      var result: [Tensor<Scalar>] = []
      for (place, residual) in zip(places, residuals) {
        let own = axes[place]!.count
        for grid in try residual(Array(values[first..<first + own])) {
          let scale = (terms[result.count].weight / Double(points(place))).squareRoot()
          result.append(grid * Scalar(scale))
        }
        first += own
      }
      return result
    }
  }

  private func losses(_ values: [Tensor<Scalar>]) throws -> [Tensor<Scalar>] {
    try record(values).map { 0.5 * $0.squared.sum(axes: nil) }
  }

  private func run(_ program: Program<Scalar>, at x: Tensor<Scalar>, _ body: () -> Void) {
    // Points are held by self, x by the caller, for as long as the program runs.
    let tables = tables
    withExtendedLifetime((tables, x)) {
      for (i, table) in tables.enumerated() {
        table.withUnsafeBufferPointer { program.bind(i, $0.baseAddress!) }
      }
      layout.bind(x, to: program, from: tables.count)
      program.run()
      body()
    }
  }

  private func readLosses(_ program: Program<Scalar>) -> Double {
    termLosses = terms.indices.map { Double(program.output($0)[0]) }
    return termLosses.reduce(0, +)
  }

  public func value(at x: Tensor<Scalar>) throws -> Double {
    let program = try valueProgram ?? Program(inputs) { try losses($0) }
    valueProgram = program
    var sum = 0.0
    run(program, at: x) { sum = readLosses(program) }
    return sum
  }

  public func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    let program =
      try gradientProgram
      ?? Program(inputs) { values in
        let losses = try losses(values)
        let total = losses.dropFirst().reduce(losses[0], +)
        return losses + gradients(of: total, withRespectTo: Array(values[tables.count...]))
      }
    gradientProgram = program
    var sum = 0.0
    run(program, at: x) {
      sum = readLosses(program)
      layout.copy(program, from: terms.count, to: &gradient)
    }
    return sum
  }

  public var residualCount: Int { terms.reduce(0) { $0 + points($1.place) } }

  public func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws {
    let program = try residualProgram ?? Program(inputs) { try record($0) }
    residualProgram = program
    run(program, at: x) {
      residuals.withUnsafeMutableBufferPointer { out in
        var place = 0
        for i in terms.indices {
          let part = program.output(i)
          (out.baseAddress! + place).update(from: part.baseAddress!, count: part.count)
          place += part.count
        }
      }
    }
  }

  /// - Throws: ``TrainingError``: a grid has too many points for a row of the Jacobian each.
  public func jacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>
  ) throws {
    throw TrainingError(
      "a tensor grid has \(residualCount) residuals, and no Jacobian with a row for each is formed: take adam, soap, lbfgs or "
        + "ssbroyden")
  }

  /// The network's parameters as one vector.
  public var parameterVector: Tensor<Scalar> {
    Parameter.vector(of: parameters)
  }

  /// Gives the network the parameters of a vector.
  public func setParameters(_ x: Tensor<Scalar>) {
    layout.assign(x, to: parameters)
  }
}
