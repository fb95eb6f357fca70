import Autodiff
import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Tensors

/// The loss of a model against a problem: half the sum, over equations and conditions, of weight × mean squared residual.
///
/// It is an objective for every optimizer: gradients come from one program per set of shapes, Jacobians from another,
/// both replayed without allocation.
public final class PhysicsObjective<Scalar: OptimizerScalar>: LeastSquaresObjective {
  /// One part of the loss.
  public struct Term: Sendable {
    /// The place and, where there are several at it, the number: "equation", "equation 2", "initial", "left".
    public let name: String
    /// The equation or condition.
    public let text: String
    public let place: PointwiseSystem.Place
    /// What its mean square is multiplied by.
    public var weight: Double
  }

  /// The problem at points.
  public let system: PointwiseSystem
  /// The parts of the loss.
  public private(set) var terms: [Term]
  /// Regularisations of parameters, which are further rows of the least-squares problem.
  private(set) var prior = ParameterPrior<Scalar>()
  /// Trainable parameters of the model, then those of the problem that are to be found.
  public let layout: ParameterLayout

  let model: (Tensor<Scalar>) throws -> Tensor<Scalar>
  let parameters: [Parameter<Scalar>]
  /// Where terms of a place are recorded.
  let places: [PointwiseSystem.Place]
  let recorders: [PointwiseSystem.Place: ResidualRecorder<Scalar>]
  var points: PointSet<Scalar>
  /// What was measured.
  let targets: Tensor<Scalar>?
  /// What the residuals of a place are multiplied by, [points, terms of the place].
  var factors: [PointwiseSystem.Place: Tensor<Scalar>] = [:]
  /// √(weight/points) per term.
  var scales: Tensor<Scalar>
  var programs: Programs

  struct Programs {
    var gradient: Program<Scalar>?
    var value: Program<Scalar>?
    var residuals: Program<Scalar>?
    var jacobian: Program<Scalar>?
    var hessianProduct: Program<Scalar>?
    var gaussNewtonProduct: Program<Scalar>?
    var gradientNorms: Program<Scalar>?
    var kernelTraces: Program<Scalar>?
    var plainResiduals: Program<Scalar>?
    var gaussNewtonForm: Program<Scalar>?
    var layerFactors: [LayerStatistics: LayerFactorProgram<Scalar>] = [:]
  }

  /// The loss of a model at points.
  ///
  /// - Parameters:
  ///   - system: The problem at points.
  ///   - model: A layer from points [points, coordinates] to the unknowns [points, unknowns].
  ///   - free: The parameters that are to be found, in the order of `system.free`, one number each.
  ///   - points: Points for every place that has a residual, at least one each.
  ///   - conditions: Which conditions become terms; those that the model meets by construction are left out.
  ///   - data: Measurements, whose mean squared differences are terms as well.
  ///   - penalties: Further quantities inside that should be small, with names and weights.
  ///   - priors: Parameters of the model, with standard deviations of their elements and the weight of ½ Σ (x/s)².
  ///   - weight: The weight of each term but those of measurements and penalties.
  /// - Throws: ``EquationError`` where a formula cannot be evaluated, or the model's outputs are not the unknowns.
  public init(
    _ system: PointwiseSystem, model: some Layer<Scalar>, free: [Parameter<Scalar>] = [],
    points: PointSet<Scalar>, conditions: [PointwiseSystem.Residual]? = nil, data: MeasuredPoints? = nil,
    penalties: [(name: String, residual: PointwiseSystem.Residual, weight: Double)] = [],
    priors: [(parameter: Parameter<Scalar>, deviations: [Double], weight: Double)] = [],
    weight: (Term) -> Double = { _ in 1 }
  ) throws {
    precondition(
      free.count == system.free.count,
      "\(free.count) parameters for \(system.free.count) that are to be found")
    self.system = system
    targets = data.map { Tensor<Scalar>($0.values) }
    var points = points
    if let data { points.tables[.measured] = Tensor<Scalar>(data.points) }
    self.points = points
    self.model = { model($0) }
    let named = model.trainableParameters
    parameters = named.map(\.parameter) + free
    var layout = ParameterLayout(of: model)
    for (entry, parameter) in zip(system.free, free) {
      layout = layout.appending("problem.\(entry.name)", shape: parameter.wrappedValue.shape)
    }
    self.layout = layout
    for prior in priors {
      guard let i = parameters.firstIndex(where: { $0 === prior.parameter }) else {
        preconditionFailure("a prior of a parameter that is none of the model's")
      }
      self.prior.add(layout.segments[i].range, deviations: prior.deviations, weight: prior.weight)
    }
    let measured = (data?.unknowns ?? []).map { unknown in
      PointwiseSystem.Residual(
        place: .measured, text: "data of \(system.name(of: unknown))", node: .jet(Jet(unknown)))
    }
    // Penalties follow the equations, so that these are the first columns at their place.
    let residuals =
      system.equations + penalties.map(\.residual) + (conditions ?? system.conditions) + measured
    var places: [PointwiseSystem.Place] = []
    for residual in residuals where !places.contains(residual.place) { places.append(residual.place) }
    self.places = places
    var recorders: [PointwiseSystem.Place: ResidualRecorder<Scalar>] = [:]
    var terms: [Term] = []
    for place in places {
      let own = residuals.filter { $0.place == place }
      recorders[place] = try ResidualRecorder(system, own.map(\.node), at: place)
      for (i, residual) in own.enumerated() {
        if place == .inside, i >= system.equations.count {
          let penalty = penalties[i - system.equations.count]
          terms.append(
            Term(name: penalty.name, text: residual.text, place: place, weight: penalty.weight))
          continue
        }
        let count = own.count - (place == .inside ? penalties.count : 0)
        let name = count == 1 ? place.name : "\(place.name) \(i + 1)"
        terms.append(Term(name: name, text: residual.text, place: place, weight: 1))
      }
    }
    for i in terms.indices where !penalties.contains(where: { $0.name == terms[i].name }) {
      terms[i].weight = terms[i].place == .measured ? data!.weight : weight(terms[i])
    }
    self.recorders = recorders
    self.terms = terms
    scales = .zeros([terms.count])
    programs = Programs()
    try setPoints(points)
  }

  // MARK: - Points and weights

  /// Other points. Programs are kept where their numbers stay the same.
  public func setPoints(_ points: PointSet<Scalar>) throws {
    var points = points
    // Measurements stay where they were made.
    points.tables[.measured] = self.points.tables[.measured]
    for place in places {
      let coordinates = system.columns(at: place)
      guard let table = points.tables[place], table.rank == 2, table.shape[0] > 0,
        table.shape[1] == coordinates
      else {
        throw EquationError(
          "the loss needs points for '\(place.name)' of shape [points, \(coordinates)], and has "
            + "\(points.tables[place].map { "\($0.shape)" } ?? "none")")
      }
      if table.shape != self.points.tables[place]?.shape { programs = Programs() }
      if factors[place]?.shape[0] != table.shape[0] {
        factors[place] = .ones([table.shape[0], terms.count { $0.place == place }])
      }
    }
    self.points = points
    setScales()
  }

  /// The weights of all terms.
  public func setWeights(_ weights: [Double]) {
    precondition(weights.count == terms.count, "\(weights.count) weights for \(terms.count) terms")
    for i in terms.indices { terms[i].weight = weights[i] }
    setScales()
  }

  /// The weights of single points of a place, [points], by which their squared residuals are multiplied.
  public func setPointWeights(_ weights: Tensor<Scalar>, at place: PointwiseSystem.Place) {
    precondition(
      weights.shape == [points.count(place)],
      "weights of shape \(weights.shape) for \(points.count(place)) points")
    let roots = sqrt(weights).reshaped([weights.count, 1])
    setPointFactors(roots.broadcast(to: [weights.count, factors[place]!.shape[1]]), at: place)
  }

  /// What the residuals of a place are multiplied by before they are squared: [points, terms of the place].
  public func setPointFactors(_ values: Tensor<Scalar>, at place: PointwiseSystem.Place) {
    precondition(
      values.shape == factors[place]?.shape,
      "factors of shape \(values.shape) for residuals of shape \(factors[place]?.shape ?? []) at '\(place.name)'"
    )
    factors[place] = values
  }

  /// What the residuals of a place are multiplied by before they are squared: [points, terms of the place].
  public func pointFactors(at place: PointwiseSystem.Place) -> Tensor<Scalar> { factors[place]! }

  /// The current points.
  public func points(at place: PointwiseSystem.Place) -> Tensor<Scalar> { points.tables[place]! }

  private func setScales() {
    scales = Tensor(terms.map { Scalar(($0.weight / Double(points.count($0.place))).squareRoot()) })
  }

  // MARK: - Recording

  var inputs: [ProgramInput] {
    places.enumerated().flatMap { batch, place in
      [
        ProgramInput.batched(points.tables[place]!.shape, batch: batch),
        .batched(factors[place]!.shape, batch: batch),
      ]
    } + [.shared([terms.count])]
      + (targets.map { [.batched($0.shape, batch: places.firstIndex(of: .measured)!)] } ?? [])
      + parameters.map { .shared($0.wrappedValue.shape) }
  }

  /// The index of the first parameter among the inputs.
  var firstParameter: Int { 2 * places.count + 1 + (targets == nil ? 0 : 1) }

  /// The residuals of every term, [points, 1] each, for the inputs of a program; times factors and scales if weighted.
  func residuals(
    _ values: [Tensor<Scalar>], areWeighted: Bool = true, keepsRows: Bool = false
  ) throws -> [Tensor<Scalar>] {
    let scales = values[2 * places.count]
    let own = Array(values[firstParameter..<firstParameter + parameters.count])
    return try recording(parameters, as: own) {
      let free = Array(own.suffix(system.free.count))
      var result: [Tensor<Scalar>] = []
      for (batch, place) in places.enumerated() {
        let columns = try recorders[place]!(
          values[2 * batch], free: free, keepsRows: keepsRows, model: model)
        for (i, column) in columns.enumerated() {
          let scale = scales.slice(axis: 0, result.count..<result.count + 1)
          let gap =
            place == .measured ? column - values[2 * places.count + 1].slice(axis: 1, i..<i + 1) : column
          guard areWeighted else {
            result.append(gap)
            continue
          }
          let factor = values[2 * batch + 1]
          result.append(
            gap * (columns.count == 1 ? factor : factor.slice(axis: 1, i..<i + 1)) * scale)
        }
      }
      return result
    }
  }

  /// ½ Σ r² of every term.
  func losses(_ values: [Tensor<Scalar>]) throws -> [Tensor<Scalar>] {
    try residuals(values).map { 0.5 * $0.squared.sum(axes: nil) }
  }

  func total(_ losses: [Tensor<Scalar>]) -> Tensor<Scalar> { losses.dropFirst().reduce(losses[0], +) }

  /// Runs a program whose inputs are those of the loss and, where there are tangents, their parts after them.
  func bind(
    _ program: Program<Scalar>, at x: Tensor<Scalar>, scales: Tensor<Scalar>? = nil,
    tangent: Tensor<Scalar>? = nil, second: Tensor<Scalar>? = nil, _ body: () -> Void
  ) {
    // Points and weights are held by self, x by the caller, for as long as the program runs.
    for (batch, place) in places.enumerated() {
      points.tables[place]!.withUnsafeBufferPointer { program.bind(2 * batch, $0.baseAddress!) }
      factors[place]!.withUnsafeBufferPointer { program.bind(2 * batch + 1, $0.baseAddress!) }
    }
    (scales ?? self.scales).withUnsafeBufferPointer { program.bind(2 * places.count, $0.baseAddress!) }
    targets?.withUnsafeBufferPointer { program.bind(2 * places.count + 1, $0.baseAddress!) }
    layout.bind(x, to: program, from: firstParameter)
    if let tangent { layout.bind(tangent, to: program, from: firstParameter + parameters.count) }
    if let second { layout.bind(second, to: program, from: firstParameter + 2 * parameters.count) }
    program.run()
    body()
  }

  // MARK: - Objective

  /// The losses of the terms at the last evaluation, in their order.
  public private(set) var termLosses: [Double] = []
  /// The value of the prior at the last evaluation.
  public internal(set) var priorLoss = 0.0

  func readLosses(_ program: Program<Scalar>) -> Double {
    if termLosses.count != terms.count { termLosses = Array(repeating: 0, count: terms.count) }
    var sum = 0.0
    for i in terms.indices {
      termLosses[i] = Double(program.output(i)[0])
      sum += termLosses[i]
    }
    return sum
  }

  public func value(at x: Tensor<Scalar>) throws -> Double {
    let program = try programs.value ?? Program(inputs) { try losses($0) }
    programs.value = program
    var sum = 0.0
    bind(program, at: x) { sum = readLosses(program) }
    priorLoss = prior.value(x)
    return sum + priorLoss
  }

  public func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) throws -> Double {
    let program =
      try programs.gradient
      ?? Program(inputs) { values in
        let losses = try losses(values)
        return losses + gradients(of: total(losses), withRespectTo: Array(values[firstParameter...]))
      }
    programs.gradient = program
    var sum = 0.0
    bind(program, at: x) {
      sum = readLosses(program)
      layout.copy(program, from: terms.count, to: &gradient)
    }
    prior.addProduct(x, to: &gradient)
    priorLoss = prior.value(x)
    return sum + priorLoss
  }

  /// Floating-point operations of one evaluation of loss and gradient, once there was one.
  public var operationCount: Int { programs.gradient?.operationCount ?? 0 }

  // MARK: - Least squares

  public var residualCount: Int { pointRows + prior.count }

  /// Residuals at points, which come before those of the prior.
  private var pointRows: Int { terms.reduce(0) { $0 + points.count($1.place) } }

  public func residuals(at x: Tensor<Scalar>, into residuals: inout Tensor<Scalar>) throws {
    let program = try programs.residuals ?? Program(inputs) { try self.residuals($0) }
    programs.residuals = program
    bind(program, at: x) {
      residuals.withUnsafeMutableBufferPointer { readResiduals(program, at: x, to: $0) }
    }
  }

  public func jacobian(
    at x: Tensor<Scalar>, residuals: inout Tensor<Scalar>, jacobian: inout Tensor<Scalar>
  ) throws {
    let program =
      try programs.jacobian
      ?? Program(inputs) { values in
        let residuals = try self.residuals(values)
        let own = Array(values[firstParameter...])
        return residuals
          + (try zip(residuals, terms).map { residual, term in
            let batch = places.firstIndex(of: term.place)!
            let rows = try sampleGradients(
              of: residual, withRespectTo: own, inputs: [values[2 * batch], values[2 * batch + 1]])
            return .concatenated(rows.map { $0.reshaped([$0.shape[0], $0.count / $0.shape[0]]) }, axis: 1)
          })
      }
    programs.jacobian = program
    bind(program, at: x) {
      residuals.withUnsafeMutableBufferPointer { readResiduals(program, at: x, to: $0) }
      jacobian.withUnsafeMutableBufferPointer {
        copy(program, from: terms.count, to: $0, width: layout.count)
        prior.writeJacobian(width: layout.count, to: $0.baseAddress! + pointRows * layout.count)
      }
    }
  }

  /// Takes over the residuals of a program, and the losses that they are.
  private func readResiduals(
    _ program: Program<Scalar>, at x: Tensor<Scalar>, to out: UnsafeMutableBufferPointer<Scalar>
  ) {
    copy(program, from: 0, to: out, width: 1)
    prior.writeResiduals(x, to: out.baseAddress! + pointRows)
    priorLoss = prior.value(x)
    if termLosses.count != terms.count { termLosses = Array(repeating: 0, count: terms.count) }
    for i in terms.indices {
      termLosses[i] = 0.5 * program.output(i).reduce(0) { $0 + Double($1) * Double($1) }
    }
  }

  /// Copies one output per term, one after another.
  private func copy(
    _ program: Program<Scalar>, from first: Int, to out: UnsafeMutableBufferPointer<Scalar>, width: Int
  ) {
    var row = 0
    for i in terms.indices {
      let part = program.output(first + i)
      (out.baseAddress! + row * width).update(from: part.baseAddress!, count: part.count)
      row += part.count / width
    }
  }

  // MARK: - Residuals elsewhere

  /// By place and number of candidates.
  private var sizePrograms: [PointwiseSystem.Place: [Int: Program<Scalar>]] = [:]

  /// The root of the sum of squares of a place's residuals at any points, unweighted and without penalties.
  ///
  /// - Parameter candidates: Points of shape [points, coordinates].
  public func residualSizes(
    at candidates: Tensor<Scalar>, _ place: PointwiseSystem.Place, _ x: Tensor<Scalar>
  )
    throws -> [Double]
  {
    let program =
      try sizePrograms[place]?[candidates.shape[0]]
      ?? Program([.batched(candidates.shape)] + parameters.map { .shared($0.wrappedValue.shape) }) { values in
        let own = Array(values[1...])
        return try recording(parameters, as: own) {
          var columns = try recorders[place]!(
            values[0], free: Array(own.suffix(system.free.count)), model: model)
          if place == .inside { columns = Array(columns.prefix(system.equations.count)) }
          return [sqrt(columns.dropFirst().reduce(columns[0].squared) { $0 + $1.squared })]
        }
      }
    sizePrograms[place, default: [:]][candidates.shape[0]] = program
    return candidates.withUnsafeBufferPointer { points in
      withExtendedLifetime(x) {
        program.bind(0, points.baseAddress!)
        layout.bind(x, to: program, from: 1)
        program.run()
        return program.output(0).map { Double($0) }
      }
    }
  }

  // MARK: - The model

  /// The parameters that are trained, in the order of the layout.
  var modelParameters: [Parameter<Scalar>] { parameters }

  /// The model's trainable parameters and those of the problem, as one vector.
  public var parameterVector: Tensor<Scalar> {
    Parameter.vector(of: parameters)
  }

  /// Gives the model the parameters of a vector.
  public func setParameters(_ x: Tensor<Scalar>) {
    layout.assign(x, to: parameters)
  }
}
