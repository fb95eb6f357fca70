import Equations
import Geometry
import NeuralNetworks
import Simulation
import Tensors

/// How a coefficient that is to be found is represented and regularised: a function that is added to the formula which the
/// problem states for it.
public struct FieldSearch: Hashable, Sendable {
  /// What the function is.
  public enum Form: Hashable, Sendable {
    /// A sum of cosines with so many modes per coordinate; the last number is that of time where there is one more than the
    /// coordinates of space.
    case modes([Int])
    /// A network of tanh layers of these widths, of space alone or of space and time.
    case network([Int], ofTime: Bool = false)
  }

  /// The representation.
  public var form: Form
  /// The prior of the coefficients of modes: ½ Σ (cₖ/sₖ)² is added to the loss.
  public var prior: ModePrior?
  /// What the prior's term is multiplied by: 1 where data weigh as in a posterior law.
  public var priorWeight: Double
  /// The weight of ½ mean |∇f|² over the points inside.
  public var slopeWeight: Double

  /// A search.
  public init(_ form: Form, prior: ModePrior? = nil, priorWeight: Double = 1, slopeWeight: Double = 0) {
    precondition(
      priorWeight >= 0 && slopeWeight >= 0, "a regularisation weighs \(priorWeight) and \(slopeWeight)")
    (self.form, self.prior) = (form, prior)
    (self.priorWeight, self.slopeWeight) = (priorWeight, slopeWeight)
  }
}

/// A coefficient that is to be found, as a function of points.
public struct FieldModel<Scalar: Real>: Layer {
  /// What is added to the stated formula.
  enum Function {
    case modes(ModeSum<Scalar>)
    case network(MLP<Scalar>, CoordinateFeatures, columns: Int)
  }

  let function: Function
  private let formula: Node
  private let dimension: Int
  /// The search that it was made from.
  public let search: FieldSearch

  /// The stated formula, to which nothing is added yet.
  ///
  /// - Parameters:
  ///   - field: The index of the field among those of the system.
  ///   - until: The final time.
  /// - Throws: `EquationError` for modes that do not fit the domain.
  public init(
    _ field: Int, of system: PointwiseSystem, as search: FieldSearch, until: Double = 1, seed: UInt64 = 0
  ) throws {
    (formula, dimension, self.search) = (system.fields[field].formula, system.dimension, search)
    let name = system.fields[field].name
    switch search.form {
    case .modes(let counts):
      let most = system.dimension + (system.isEvolution ? 1 : 0)
      guard counts.count == system.dimension || counts.count == most, counts.allSatisfy({ $0 > 0 }) else {
        throw EquationError(
          "\(counts.count) numbers of modes for '\(name)', a function of \(system.dimension) coordinate"
            + "\(system.dimension == 1 ? "" : "s")\(system.isEvolution ? " and time" : ""): give one for each"
        )
      }
      guard !zip(system.box.intervals, counts).contains(where: { $0.isPeriodic && $1 > 1 }) else {
        throw EquationError(
          "'\(name)' on a periodic domain is no sum of cosines of half waves: find it as a network, which is periodic"
        )
      }
      let bounds =
        system.box.intervals.map { $0.lower...$0.upper }
        + (counts.count > system.dimension ? [0...until] : [])
      function = .modes(ModeSum(CosineModes(counts, on: bounds)))
    case .network(let widths, let ofTime):
      guard search.prior == nil else {
        throw EquationError(
          "a prior of modes does not fit the network of '\(name)': regularise its slope, or find it as modes")
      }
      var space = system
      space.isEvolution = system.isEvolution && ofTime
      let features = CoordinateFeatures(space, until: until, waves: 1)
      var stream = RandomStream(seed: seed, stream: 11 + UInt64(field))
      let network = MLP<Scalar>([features.count] + widths + [1], from: &stream)
      // Nothing is added in the beginning.
      let last = network.layers[network.layers.count - 1]
      for parameter in last.trainableParameters {
        parameter.parameter.wrappedValue = .zeros(parameter.parameter.wrappedValue.shape)
      }
      function = .network(network, features, columns: system.dimension + (space.isEvolution ? 1 : 0))
    }
  }

  /// Values at points: [points, coordinates] to [points, 1].
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let added: Tensor<Scalar>
    switch function {
    case .modes(let sum): added = sum(x)
    case .network(let network, let features, let columns):
      added = network(features(columns == x.shape[1] ? x : x.slice(axis: 1, 0..<columns)))
    }
    guard !formula.isZero,
      let stated = try? PointFormula(points: x, dimension: dimension, jet: { _ in Tensor(0) })(formula)
    else { return added }
    return added + stated
  }

  /// The coefficients of modes, where there are some.
  public var coefficients: [Double]? {
    guard case .modes(let sum) = function else { return nil }
    return sum.coefficients.elements.map { Double($0) }
  }

  /// The coefficients' parameter and standard deviations, where there is a prior.
  var prior: (parameter: Parameter<Scalar>, deviations: [Double], weight: Double)? {
    guard case .modes(let sum) = function, let prior = search.prior else { return nil }
    return (sum.$coefficients, prior.deviations(sum.modes), search.priorWeight)
  }
}

/// Σ cₖ φₖ over cosine modes, with trained coefficients that begin at zero.
struct ModeSum<Scalar: Real>: Layer {
  let modes: CosineModes
  /// [modes, 1].
  @Parameter var coefficients: Tensor<Scalar>

  init(_ modes: CosineModes) {
    self.modes = modes
    _coefficients = Parameter(wrappedValue: .zeros([modes.count, 1]))
  }

  func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var product: Tensor<Scalar>?  // [points, modes]
    for (i, bound) in modes.bounds.enumerated() where modes.counts[i] > 1 {
      let frequencies = Tensor<Scalar>((0..<modes.count).map { Scalar(modes.frequency($0, i)) })
      let wave = cos((x.slice(axis: 1, i..<i + 1) - Scalar(bound.lowerBound)) * frequencies)
      product = product.map { $0 * wave } ?? wave
    }
    let ones = x.slice(axis: 1, 0..<1) * 0 + 1
    return matmul(product ?? ones.broadcast(to: [x.shape[0], modes.count]), coefficients)
  }
}

extension FieldModel {
  /// The slopes of the field as quantities that should be small.
  func slopes(of field: Int, in system: PointwiseSystem) throws -> [(
    name: String, residual: PointwiseSystem.Residual, weight: Double
  )] {
    guard search.slopeWeight > 0 else { return [] }
    let name = system.fields[field].name
    return Axis.allCases.prefix(system.dimension).map { axis in
      let jet = Node.jet(Jet(system.unknowns.count + field, MultiIndex(axis)))
      return (
        "slope(\(name),\(axis.name))",
        PointwiseSystem.Residual(place: .inside, text: "slope of \(name) along \(axis.name)", node: jet),
        search.slopeWeight
      )
    }
  }
}
