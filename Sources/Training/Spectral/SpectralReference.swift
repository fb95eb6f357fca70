import Equations
import Foundation
import Geometry
import NeuralNetworks
import Simulation
import Tensors
import TimeStepping

/// Solutions of a problem for some inputs, to compare a solution operator with.
public struct SpectralReference: Sendable {
  /// Coefficients of the inputs: [samples, modes …, inputs].
  public var inputs: Tensor<Double>
  /// Where solutions are known, along each axis.
  public var places: [[Double]]
  /// Names of the solutions' fields, and values: [samples, places …] each.
  public var fields: [(name: String, values: Tensor<Double>)]
  /// Seconds that the classical solver took, for all samples.
  public var seconds = 0.0

  public init(
    inputs: Tensor<Double>, places: [[Double]], fields: [(name: String, values: Tensor<Double>)],
    seconds: Double = 0
  ) {
    (self.inputs, self.places, self.fields, self.seconds) = (inputs, places, fields, seconds)
  }

  /// ‖u − reference‖₂ / ‖reference‖₂ of every sample, by field.
  ///
  /// Where the operator fixes a constant that the problem leaves open, means over places are subtracted from both.
  public func errors<Scalar: Real>(
    of model: SpectralOperator<Scalar>, inputs given: Tensor<Scalar>? = nil
  ) -> [(name: String, errors: [Double])] {
    let given = given ?? Tensor<Scalar>(inputs)
    let (samples, block) = (inputs.shape[0], 16)
    var result = fields.map { (name: $0.name, errors: [Double]()) }
    for first in stride(from: 0, to: samples, by: block) {
      let rows = first..<min(first + block, samples)
      let values = Tensor<Double>(model.values(given.slice(axis: 0, rows), at: places))
      for (i, field) in fields.enumerated() {
        let channel = model.outputs.firstIndex(of: field.name)!
        for row in rows {
          var own = values.slice(axis: 0, row - first..<row - first + 1)
            .slice(axis: values.rank - 1, channel..<channel + 1).reshaped([places.reduce(1) { $0 * $1.count }]
            )
          var exact = field.values.slice(axis: 0, row..<row + 1).reshaped([own.count])
          if model.isGauged(field.name) {
            own = own - own.mean()
            exact = exact - exact.mean()
          }
          let norm = exact.norm()
          result[i].errors.append(norm > 0 ? (own - exact).norm() / norm : (own - exact).norm())
        }
      }
    }
    return result
  }
}

extension SpectralOperator {
  /// The problem with the fields of one sample as formulas: what a classical solver takes.
  ///
  /// - Parameter sample: Coefficients of the inputs, [modes …, inputs].
  public func problem(for sample: Tensor<Double>) -> StatedProblem {
    let spatial = hasTime ? grid.axes.count - 1 : grid.axes.count
    return parametric.problem(
      with: inputs.indices.map { channel in
        Self.formula(sample.entry(axis: sample.rank - 1, channel), grid, spatial: spatial)
      })
  }

  /// Σ c φ(x) φ(y) … over coefficients that are not rounding errors, those of the first function in time.
  private static func formula(_ coefficients: Tensor<Double>, _ grid: SpectralGrid, spatial: Int) -> Node {
    let modes = grid.modes
    let times = modes.count > spatial ? modes[spatial] : 1
    let elements = coefficients.elements
    let largest = coefficients.maxMagnitude()
    let factors = (0..<spatial).map { functions(grid.axes[$0], Axis.allCases[$0]) }
    // Nested by axis, so that functions of the outer axes are multiplied once per sum of the inner ones.
    func sum(_ axis: Int, _ offset: Int) -> Node {
      guard axis < spatial else { return .constant(elements[offset * times]) }
      return .sum(
        of: (0..<modes[axis]).compactMap { k -> Node? in
          let inner = sum(axis + 1, offset * modes[axis] + k)
          if case .constant(let c) = inner, abs(c) <= 1e-13 * largest { return nil }
          return inner == .zero ? nil : inner * factors[axis][k]
        })
    }
    return sum(0, 0)
  }

  private static func functions(_ axis: SpectralAxis, _ coordinate: Axis) -> [Node] {
    let (a, length, root) = (axis.interval.lowerBound, axis.length, 2.0.squareRoot())
    let x = Node.coordinate(coordinate) - .constant(a)
    return (0..<axis.modes).map { k in
      if k == 0 { return .one }
      switch axis.family {
      case .fourier:
        let angle = x * .constant(2 * Double.pi * Double((k + 1) / 2) / length)
        return .constant(root) * .apply(k % 2 == 1 ? .cos : .sin, angle)
      case .chebyshev:
        // cos(k arccos ξ), with rounding kept within arccos's domain.
        let xi = .constant(2 / length) * x - .one
        let bounded = Node.binary(.max, .constant(-1), .binary(.min, .one, xi))
        return .constant(root) * .apply(.cos, .constant(Double(k)) * .apply(.acos, bounded))
      }
    }
  }

  /// Whether the operator chooses a constant of this field.
  func isGauged(_ name: String) -> Bool {
    guard let unknown = residual.system.unknowns.firstIndex(where: { $0.name == name }) else { return false }
    if residual.eliminated.contains(where: { $0.unknown == unknown }) { return true }
    return mollifierForms[unknown] == .zeroMean || mollifierForms[unknown] == .zeroAtOrigin
  }

  /// Solves the problem for samples by the framework's spectral solver: by transforms where the problem is steady, by
  /// exponential or adaptive steps in time where it evolves.
  ///
  /// - Parameters:
  ///   - count: Samples.
  ///   - seed: What they are drawn by; another than the training's.
  ///   - points: The solver's points along each spatial axis.
  ///   - frames: Times at which evolutions are compared, the first and the last included.
  ///   - step: The solver's time step.
  ///   - method: What solves steady problems; a spectral method where left out.
  ///   - places: Points along each spatial axis at which solutions are compared; twice the operator's where left out.
  /// - Throws: what the solver throws where it cannot take the problem.
  public func reference(
    _ count: Int, seed: UInt64, points: [Int], frames: Int = 65, step: Double = 1e-3, places: [Int]? = nil,
    method: (any SteadyMethod)? = nil
  ) throws -> SpectralReference {
    let spatial = hasTime ? grid.axes.count - 1 : grid.axes.count
    let inputs = samples(count, seed: seed)
    let system = residual.system
    let counts = places ?? (0..<spatial).map { 2 * grid.axes[$0].points }
    var along = (0..<spatial).map { i -> [Double] in
      let axis = grid.axes[i]
      let n = counts[i]
      let h = axis.length / Double(axis.family == .fourier ? n : n - 1)
      return (0..<n).map { min(axis.interval.lowerBound + Double($0) * h, axis.interval.upperBound) }
    }
    let table = along.reduce([[]]) { rows, axis in rows.flatMap { row in axis.map { row + [$0] } } }
    let names = outputs.filter { name in system.unknowns.contains { $0.name == name } }
    var values = names.map { _ in [Double]() }
    let start = Date()
    for row in 0..<count {
      let own = problem(for: inputs.entry(axis: 0, row))
      let frameStates: [any SolutionState]
      let known = ParameterValues(
        parameters.values.filter { name, _ in own.parameters.contains { $0.name == name } })
      if hasTime {
        let solution = try solve(
          own, with: SuitableBasis(points: points), stepping: ETDRK4(step: step), until: settings.until,
          parameters: known, saving: .count(frames))
        frameStates = solution.frames.map(\.state)
      } else {
        func steady(_ method: some SteadyMethod) throws -> any SolutionState {
          try solve(own, with: method, parameters: known).last.state
        }
        let chosen: any SteadyMethod = method ?? SuitableBasis(points: points)
        frameStates = [try steady(chosen)]
      }
      for (i, name) in names.enumerated() {
        let unknown = system.unknowns.first { $0.name == name }!
        var byTime: [[Double]] = []
        for state in frameStates {
          let index = state.system.unknowns.firstIndex {
            $0.source == unknown.source && $0.role == unknown.role
          }!
          byTime.append(try state.values(of: [Jet(index)], at: table)[0])
        }
        // Time is the last axis.
        for place in table.indices { for time in byTime { values[i].append(time[place]) } }
      }
    }
    let seconds = Date().timeIntervalSince(start)
    if hasTime { along.append((0..<frames).map { settings.until * Double($0) / Double(frames - 1) }) }
    return SpectralReference(
      inputs: inputs, places: along,
      fields: zip(names, values).map { ($0, Tensor(shape: [count] + along.map(\.count), $1)) },
      seconds: seconds)
  }
}
