import Equations
import Geometry
import NeuralNetworks
import Tensors

/// The size of a spectral network and of the series it works on.
public struct SpectralSettings: Sendable, Hashable {
  /// Collocation points along each spatial axis, and along time last where the problem evolves.
  public var points: [Int]
  /// The final time of evolutions.
  public var until: Double
  /// Channels of spectral layers.
  public var width: Int
  /// Spectral layers.
  public var depth: Int
  /// The activation by name.
  public var activation: String
  public var mollifier: Mollifier
  /// Whether a linear path takes inputs to outputs mode by mode, beside the published network.
  public var hasBypass: Bool

  public init(
    points: [Int], until: Double = 1, width: Int = 64, depth: Int = 4, activation: String = "gelu",
    mollifier: Mollifier = Mollifier(), hasBypass: Bool = true
  ) {
    (self.points, self.until, self.width, self.depth) = (points, until, width, depth)
    (self.activation, self.mollifier, self.hasBypass) = (activation, mollifier, hasBypass)
  }
}

/// A solution operator: coefficients of inputs to those of solutions, by a network whose outputs meet the conditions of a
/// problem, with the residuals of the problem's equations.
///
/// Fields are coefficient arrays [entries, modes of each axis, channels] on ``grid``, whose last axis is time where the
/// problem evolves; periodic axes have Fourier functions, bounded ones and time Chebyshev's.
public final class SpectralOperator<Scalar: Real>: Layer {
  public let grid: SpectralGrid
  /// The fields that are taken, by channel.
  public let inputs: [OperatorInput]
  /// Names of the fields that are given, by channel: all unknowns that are no inputs.
  public let outputs: [String]
  public let settings: SpectralSettings
  public let network: NeuralSpectralNetwork<Scalar>
  /// Whether the last axis is time.
  public let hasTime: Bool

  package let residual: SpectralResidual<Scalar>
  let parametric: ParametricProblem
  let samplers: [PreparedSampler]
  private let mollified: [MollifiedUnknown<Scalar>]
  /// The unknown of the system that each channel of the inputs is; unknowns beyond the system's are initial states.
  private let inputUnknowns: [Int]
  private let outputUnknowns: [Int]
  /// Functions of the grid.
  private let modeCount: Int
  /// Values of the problem's parameters other than their defaults.
  public let parameters: ParameterValues
  /// How conditions are met, by unknown that the network gives.
  var mollifierForms: [Int: Mollifier.Form] {
    Dictionary(uniqueKeysWithValues: mollified.map { ($0.unknown, $0.form) })
  }

  /// A solution operator for a problem.
  ///
  /// - Parameters:
  ///   - problem: The problem, on a box.
  ///   - inputs: What varies from sample to sample, and how.
  ///   - parameters: Values of the problem's parameters.
  ///   - seed: What the network's parameters are drawn by.
  /// - Throws: `EquationError` naming what series, mollifiers or the problem itself do not allow.
  public init(
    _ problem: some Problem, inputs: [OperatorInput], settings: SpectralSettings,
    parameters: ParameterValues = [:], seed: UInt64 = 0
  ) throws {
    (self.inputs, self.settings, self.parameters) = (inputs, settings, parameters)
    let parametric = try ParametricProblem(problem, inputs: inputs)
    self.parametric = parametric
    let system = try PointwiseSystem(parametric.problem, parameters: parameters)
    try system.requireBox(for: "a neural spectral method (nsm)")
    let evolves = system.isEvolution || inputs.contains { if case .initial = $0.role { true } else { false } }
    hasTime = evolves
    let axes = system.dimension + (evolves ? 1 : 0)
    guard settings.points.count == axes, settings.points.allSatisfy({ (3...4096).contains($0) }) else {
      throw EquationError(
        "\(system.name) has \(axes) axes\(evolves ? ", time being the last," : "") and \(settings.points) are no numbers of points "
          + "for them: give one number, of 3 or more, for each")
    }
    guard !evolves || settings.until > 0 && settings.until.isFinite else {
      throw EquationError("the final time is \(settings.until), but must be later than the initial time 0")
    }
    guard let activation = Activation<Scalar>.named(settings.activation) else {
      throw EquationError(
        "there is no activation '\(settings.activation)': choose one of "
          + Activation<Scalar>.all.map(\.name).joined(separator: ", "))
    }
    var spectral = zip(system.box.intervals, settings.points).map { interval, points in
      SpectralAxis(
        interval.isPeriodic ? .fourier : .chebyshev, points: points, interval: interval.lower...interval.upper
      )
    }
    if evolves {
      spectral.append(
        SpectralAxis(.chebyshev, points: settings.points[axes - 1], interval: 0...settings.until))
    }
    let grid = SpectralGrid(spectral)
    self.grid = grid
    modeCount = grid.modes.reduce(1, *)

    // Which unknowns are given: fields of the equations, and initial states behind all of them.
    let named = parametric.unknowns.map { unknown in
      unknown.flatMap { u in system.unknowns.firstIndex { $0.source == u } }
    }
    var initial: [Int: Node] = [:]
    inputUnknowns = try inputs.indices.map { i in
      if let index = named[i] { return index }
      guard case .initial(let name) = inputs[i].role,
        let unknown = system.unknowns.firstIndex(where: { $0.source.name == name })
      else {
        throw EquationError(
          "the input '\(inputs[i].name)' does not occur in the equations of \(system.name): leave it out")
      }
      initial[unknown] = .jet(Jet(system.unknowns.count + i))
      return system.unknowns.count + i
    }
    let given = Set(inputUnknowns)
    residual = try SpectralResidual(system, inputs: given, grid: grid, hasTime: evolves)
    let conditions = try SpectralConditions(system, inputs: given, initial: initial, solved: residual.solved)
    samplers = try inputs.map { try PreparedSampler($0.sampler, grid: grid, hasTime: evolves) }
    try Self.checkCorners(
      conditions, inputs: inputs, unknowns: inputUnknowns, samplers: samplers, system, grid, evolves)

    outputUnknowns = system.unknowns.indices.filter { !given.contains($0) }
    outputs = outputUnknowns.map { system.unknowns[$0].name }
    let scales = Self.inputScales(samplers, grid)
    var stream = RandomStream(seed: seed)
    network = NeuralSpectralNetwork(
      grid, inputs: inputs.count, outputs: residual.solved.count, width: settings.width,
      depth: settings.depth,
      activation: activation, inputScale: scales, hasBypass: settings.hasBypass, from: &stream)
    mollified = try Self.mollified(
      residual, conditions, settings, grid, hasTime: evolves, samplers: samplers,
      inputUnknowns: inputUnknowns,
      count: system.unknowns.count + inputs.count)
  }

  /// One over the root mean square of inputs, of some samples.
  private static func inputScales(_ samplers: [PreparedSampler], _ grid: SpectralGrid) -> [Double] {
    samplers.map { sampler in
      let count = 16
      let total = (0..<count).reduce(0.0) { total, i in
        let size = sampler.sample(seed: 0x5ca1e, index: UInt64(i)).norm()
        return total + size * size
      }
      return total > 0 ? (Double(count) / total).squareRoot() : 1
    }
  }

  /// Refuses initial states that do not have the values on sides that conditions give there: no function has both.
  private static func checkCorners(
    _ conditions: SpectralConditions, inputs: [OperatorInput], unknowns: [Int], samplers: [PreparedSampler],
    _ system: PointwiseSystem, _ grid: SpectralGrid, _ hasTime: Bool
  ) throws {
    guard hasTime else { return }
    for (unknown, own) in conditions.byUnknown {
      guard let initial = own.initial, !own.sides.isEmpty else { continue }
      for (side, value) in own.sides {
        let places = grid.axes.enumerated().map { i, axis -> [Double] in
          if i == grid.axes.count - 1 { return [0] }
          guard i == side.axis.rawValue else { return axis.coordinates }
          return [side.isUpper ? axis.interval.upperBound : axis.interval.lowerBound]
        }
        let columns = places.indices.map { i -> Tensor<Double> in
          var shape = [Int](repeating: 1, count: places.count + 2)
          shape[i + 1] = places[i].count
          return Tensor(places[i]).reshaped(shape)
        }
        let formula = PointFormula(coordinates: Array(columns.dropLast()), time: columns.last) { jet in
          let sample = samplers[unknowns.firstIndex(of: jet.unknown)!].sample(seed: 0xc04e4, index: 0)
          let orders = SpectralTerms.orders(jet, grid.axes.count, hasTime)
          return SpectralResidual<Double>.evaluation(grid, orders: orders, at: places)(
            sample.reshaped([1] + grid.modes + [1]))
        }
        let (a, b) = (try formula(initial), try formula(value))
        let size = max(1e-12, a.maxMagnitude(), b.maxMagnitude(), 1)
        guard (a - b).maxMagnitude() <= 1e-6 * size else {
          throw EquationError(
            "the initial state of '\(system.unknowns[unknown].name)' contradicts its value on the \(side.name) side of "
              + "\(system.name): give states that agree with it there")
        }
      }
    }
  }

  // MARK: - The map

  /// Fields by unknown of the system, for coefficients of inputs.
  private func given(_ x: Tensor<Scalar>) -> [Tensor<Scalar>?] {
    var fields = [Tensor<Scalar>?](repeating: nil, count: residual.system.unknowns.count + inputs.count)
    let axis = x.rank - 1
    for (channel, unknown) in inputUnknowns.enumerated() {
      fields[unknown] = x.slice(axis: axis, channel..<channel + 1)
    }
    return fields
  }

  /// All fields by unknown of the system, for coefficients of inputs [entries, modes …, inputs].
  package func fields(_ x: Tensor<Scalar>) throws -> [Tensor<Scalar>?] {
    let known = given(x)
    var fields = known
    let v = network.values(x)
    for (channel, part) in mollified.enumerated() {
      let own = v.slice(axis: v.rank - 1, channel..<channel + 1)
      fields[part.unknown] = try part(own, inputs: known)
    }
    return residual.completed(fields)
  }

  /// Coefficients of the solutions, [entries, modes …, outputs], for those of the inputs, [entries, modes …, inputs].
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    guard let fields = try? fields(x) else {
      preconditionFailure("inputs of shape \(x.shape) that formulas do not take")
    }
    return .concatenated(outputUnknowns.map { fields[$0]! }, axis: x.rank - 1)
  }

  /// Values of the solutions at any places along each axis, [entries, places …, outputs], for coefficients of the inputs.
  public func values(_ x: Tensor<Scalar>, at places: [[Double]]) -> Tensor<Scalar> {
    SpectralResidual<Scalar>.evaluation(grid, orders: grid.axes.map { _ in 0 }, at: places)(self(x))
  }

  /// Coefficients of the residual of each equation, [entries, residual modes …, 1], for coefficients of the inputs.
  func residuals(_ x: Tensor<Scalar>) throws -> [Tensor<Scalar>] { try residual(fields(x)) }

  /// Inputs with the numbers `first ..< first + count` under a seed: [count, modes …, inputs].
  public func samples(_ count: Int, seed: UInt64, first: Int = 0) -> Tensor<Double> {
    let memories = samplers.map { $0.makeMemory() }
    return Tensor(shape: [count] + grid.modes + [inputs.count]) { out in
      draw(count, seed: seed, first: first, into: out.baseAddress!, memories)
    }
  }

  /// Writes inputs, [count, modes …, inputs]. Allocates nothing.
  func draw(
    _ count: Int, seed: UInt64, first: Int, into target: UnsafeMutablePointer<Double>,
    _ memories: [PreparedSampler.Memory]
  ) {
    let channels = samplers.count
    for i in 0..<count {
      for channel in samplers.indices {
        // Inputs of one sample are independent.
        samplers[channel].draw(
          seed: seed, index: UInt64((first + i) * channels + channel),
          into: target + i * modeCount * channels + channel,
          stride: channels, memories[channel])
      }
    }
  }

  // MARK: - Scales

  private static func mollified(
    _ residual: SpectralResidual<Scalar>, _ conditions: SpectralConditions, _ settings: SpectralSettings,
    _ grid: SpectralGrid, hasTime: Bool, samplers: [PreparedSampler], inputUnknowns: [Int], count: Int
  ) throws -> [MollifiedUnknown<Scalar>] {
    let modeScales = try residual.solved.map { unknown -> Tensor<Double>? in
      guard settings.mollifier.scaling == .byOperator else { return nil }
      return try residual.operatorScale(of: unknown, until: settings.until)
    }
    func parts(_ scales: [Double]) throws -> [MollifiedUnknown<Scalar>] {
      try residual.solved.enumerated().map { channel, unknown in
        try MollifiedUnknown(
          unknown: unknown, conditions: conditions.byUnknown[unknown]!,
          form: conditions.form(unknown, asked: settings.mollifier.form), scale: scales[channel],
          modeScale: modeScales[channel], grid: grid, hasTime: hasTime)
      }
    }
    let ones = residual.solved.map { _ in 1.0 }
    if let scale = settings.mollifier.scale {
      guard scale > 0, scale.isFinite else {
        throw EquationError("the mollifier's scale is \(scale), but must be a positive number")
      }
      return try parts(ones.map { _ in scale })
    }
    // The residual that a smooth output of one makes, beside the residual that is there without.
    let plain = try parts(ones)
    let (entries, small) = (4, 1e-2)
    let smooth = try PreparedSampler(.gaussianProcess(length: 0.2), grid: grid, hasTime: false)
    func field(_ sampler: PreparedSampler, _ number: Int) -> Tensor<Scalar> {
      Tensor<Scalar>(
        .stacked(
          (0..<entries).map {
            sampler.sample(seed: 0x5ca1e, index: UInt64(entries * number + $0))
          }
        ).reshaped([entries] + grid.modes + [1]))
    }
    var inputs = [Tensor<Scalar>?](repeating: nil, count: count)
    for (channel, unknown) in inputUnknowns.enumerated() {
      inputs[unknown] = field(samplers[channel], channel)
    }
    func residuals(_ outputs: [Double]) throws -> [Tensor<Scalar>] {
      var fields = inputs
      for (channel, part) in plain.enumerated() {
        let v = grid.values(of: field(smooth, samplers.count + channel)) * Scalar(outputs[channel])
        fields[part.unknown] = try part(v, inputs: inputs)
      }
      return try residual(residual.completed(fields))
    }
    let rest = try residuals(ones.map { _ in 0 })
    let size = rest.reduce(0.0) { max($0, Double($1.norm())) }
    let scales = try ones.indices.map { channel -> Double in
      let moved = try residuals(ones.indices.map { $0 == channel ? small : 0 })
      let response = zip(moved, rest).reduce(0.0) { max($0, Double(($1.0 - $1.1).norm()) / small) }
      return size > 0 && response > 0 && (size / response).isFinite ? size / response : 1
    }
    return try parts(scales)
  }
}
