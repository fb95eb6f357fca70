import Autodiff
import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Tensors

/// The energy of a model by quadrature at random points, plus penalties for values on the boundary that it does not meet by
/// construction (deep Ritz; E and Yu, Commun. Math. Stat. 6, 2018).
///
/// It is an objective for every optimizer of gradients. It is no sum of squares: those that need one are refused.
public final class EnergyObjective<Scalar: OptimizerScalar>: LeastSquaresObjective {
  /// One part of the loss: the mean of a formula at points, times the measure of where they lie.
  struct Term {
    let name: String
    let place: PointwiseSystem.Place
    let recorder: ResidualRecorder<Scalar>
    /// Whether the squares of the formula count.
    let isPenalty: Bool
    /// What the mean is multiplied by.
    let weight: Double
  }

  /// Trainable parameters of the model.
  public let layout: ParameterLayout
  let terms: [Term]
  /// The losses of the terms at the last evaluation.
  public private(set) var termLosses: [Double]
  private let model: (Tensor<Scalar>) throws -> Tensor<Scalar>
  private let parameters: [Parameter<Scalar>]
  private let places: [PointwiseSystem.Place]
  private var points: PointSet<Scalar>
  private var valueProgram, gradientProgram: Program<Scalar>?

  /// The energy of a model.
  ///
  /// - Parameters:
  ///   - form: The energy.
  ///   - system: The problem at points.
  ///   - penalties: Values on boundaries that the model does not meet by construction.
  ///   - penalty: β: their mean squared gaps count β/2 times the measure of the boundary.
  ///   - points: Points for ``places(form:penalties:)``, at least one each.
  init(
    _ form: VariationalForm, _ system: PointwiseSystem, model: some Layer<Scalar>,
    penalties: [PointwiseSystem.Residual], penalty: Double, points: PointSet<Scalar>
  ) throws {
    func term(_ name: String, _ place: PointwiseSystem.Place, _ node: Node, isPenalty: Bool) throws -> Term {
      let measure = try system.measure(of: place)
      return Term(
        name: name, place: place, recorder: try ResidualRecorder(system, [node], at: place),
        isPenalty: isPenalty, weight: isPenalty ? penalty / 2 * measure : measure)
    }
    terms =
      [try term("energy", .inside, form.density, isPenalty: false)]
      + (try form.boundary.map {
        try term("energy on \($0.place.name)", $0.place, $0.density, isPenalty: false)
      })
      + (try penalties.map { try term($0.place.name, $0.place, $0.node, isPenalty: true) })
    places = Self.places(form: form, penalties: penalties)
    termLosses = terms.map { _ in 0 }
    self.model = { model($0) }
    parameters = model.trainableParameters.map(\.parameter)
    layout = ParameterLayout(of: model)
    self.points = points
    for place in places {
      precondition(
        points.tables[place]?.shape[1] == system.columns(at: place) && points.count(place) > 0,
        "points of shape \(points.tables[place]?.shape ?? []) at '\(place.name)'")
    }
  }

  /// Where points are needed.
  static func places(form: VariationalForm, penalties: [PointwiseSystem.Residual]) -> [PointwiseSystem.Place]
  {
    var places: [PointwiseSystem.Place] = [.inside]
    for place in form.boundary.map(\.place) + penalties.map(\.place) where !places.contains(place) {
      places.append(place)
    }
    return places
  }

  /// Other points. Programs are kept where their numbers stay the same.
  func setPoints(_ points: PointSet<Scalar>) {
    if places.contains(where: { points.tables[$0]?.shape != self.points.tables[$0]?.shape }) {
      (valueProgram, gradientProgram) = (nil, nil)
    }
    self.points = points
  }

  // MARK: - Recording

  private var inputs: [ProgramInput] {
    places.enumerated().map { .batched(points.tables[$1]!.shape, batch: $0) }
      + parameters.map { .shared($0.wrappedValue.shape) }
  }

  private func losses(_ values: [Tensor<Scalar>]) throws -> [Tensor<Scalar>] {
    try recording(parameters, as: Array(values[places.count...])) {
      try terms.map { term in
        let table = values[places.firstIndex(of: term.place)!]
        let column = try term.recorder(table, free: [], model: model)[0]
        let scale = Scalar(term.weight / Double(points.count(term.place)))
        return (term.isPenalty ? column.squared : column).sum(axes: nil) * scale
      }
    }
  }

  private func run(_ program: Program<Scalar>, at x: Tensor<Scalar>) -> Double {
    // Points are held by self, x by the caller, for as long as the program runs.
    for (batch, place) in places.enumerated() {
      points.tables[place]!.withUnsafeBufferPointer { program.bind(batch, $0.baseAddress!) }
    }
    return withExtendedLifetime(x) {
      layout.bind(x, to: program, from: places.count)
      program.run()
      for i in terms.indices { termLosses[i] = Double(program.output(i)[0]) }
      return termLosses.reduce(0, +)
    }
  }

  // MARK: - Objective

  public func value(at x: Tensor<Scalar>) throws -> Double {
    let program = try valueProgram ?? Program(inputs) { try losses($0) }
    valueProgram = program
    return run(program, at: x)
  }

  public func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    let program =
      try gradientProgram
      ?? Program(inputs) { values in
        let losses = try losses(values)
        let total = losses.dropFirst().reduce(losses[0], +)
        return losses + gradients(of: total, withRespectTo: Array(values[places.count...]))
      }
    gradientProgram = program
    let sum = run(program, at: x)
    layout.copy(program, from: terms.count, to: &gradient)
    return sum
  }

  // MARK: - Least squares

  private var refusal: TrainingError {
    TrainingError(
      "an energy is no sum of squares, which this optimizer needs: choose one of gradients, such as adam, soap or ssbroyden"
    )
  }

  /// None.
  public var residualCount: Int { 0 }
  /// - Throws: `TrainingError`, always.
  public func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws { throw refusal }
  /// - Throws: `TrainingError`, always.
  public func jacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>
  ) throws { throw refusal }

  // MARK: - The model

  /// The model's trainable parameters as one vector.
  public var parameterVector: Tensor<Scalar> {
    Parameter.vector(of: parameters)
  }

  var modelParameters: [Parameter<Scalar>] { parameters }

  /// Gives the model the parameters of a vector.
  public func setParameters(_ x: Tensor<Scalar>) {
    layout.assign(x, to: parameters)
  }
}
