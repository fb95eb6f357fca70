import Equations
import Geometry
import NeuralNetworks
import Tensors

/// How a spectral network's outputs are made to meet the conditions of a problem whatever its parameters.
public struct Mollifier: Sendable, Hashable, Codable {
  /// What is done to the output v of an unknown.
  public enum Form: String, Sendable, Hashable, Codable, CaseIterable {
    /// u = φ + scale · (t/T)ᵐ · v, with the initial state φ, and m = 2 where an initial rate is given, too.
    case initial
    /// u = g + scale · Π s · v over the sides where u = g is given: s is the distance from the side as a part of the axis,
    /// or 4s(1 − s) between two of them; times (t/T)ᵐ where there is an initial state.
    case dirichlet
    /// u = scale · v less its mean over the periodic box.
    case zeroMean
    /// u = scale · v less its value at the lower corner of the periodic box.
    case zeroAtOrigin
    /// u = scale · v.
    case unconstrained
  }

  /// What the modes of v are multiplied by besides.
  public enum Scaling: String, Sendable, Hashable, Codable, CaseIterable {
    /// By one: as published.
    case uniform
    /// By 1/(1/T + |σ|), up to a factor, with the symbol σ of the linear terms in space of the unknown's equation (and
    /// without 1/T where nothing evolves), on periodic boxes. Then an output of one makes a residual of one in every mode
    /// (operator preconditioning, De Ryck et al., ICLR 2024); for a linear equation with constant coefficients this is
    /// the solution operator itself, up to signs.
    case byOperator = "operator"
  }

  /// The form for all unknowns; what their conditions ask for where left out.
  public var form: Form?
  /// What outputs are multiplied by; by default what makes a residual of one of an output of one.
  public var scale: Double?

  public var scaling: Scaling

  public init(_ form: Form? = nil, scale: Double? = nil, scaling: Scaling = .uniform) {
    (self.form, self.scale, self.scaling) = (form, scale, scaling)
  }
}

/// Data of an unknown's conditions, as formulas of inputs, coordinates and time.
struct UnknownConditions: Sendable {
  var initial: Node?
  var rate: Node?
  var sides: [Side: Node] = [:]

  var isEmpty: Bool { initial == nil && rate == nil && sides.isEmpty }
}

/// The map from outputs at collocation points to coefficients that meet an unknown's conditions.
struct MollifiedUnknown<Scalar: Real>: @unchecked Sendable {
  // Unchecked: formulas are closures over constants.

  let unknown: Int
  let form: Mollifier.Form
  /// Values at points to coefficients, times what vanishes where conditions hold.
  private let product: AxisProduct<Scalar>
  private let scale: Scalar
  /// What modes are multiplied by: [modes …, 1].
  private let modeScale: Tensor<Scalar>?
  /// What u is where v vanishes: parts that are linear in inputs, known, and all others.
  private let offsetInputs: [(coefficient: Scalar, jet: Jet)]
  private let offsetKnown: Tensor<Scalar>?
  private let offsetFormula: Node
  /// Coefficients that are set to zero: [modes …, 1].
  private let mask: Tensor<Scalar>?
  /// The value at the lower corner, and the function that is one everywhere.
  private let corner: (value: AxisProduct<Scalar>, one: Tensor<Scalar>)?
  private let grid: SpectralGrid
  private let hasTime: Bool

  init(
    unknown: Int, conditions: UnknownConditions, form: Mollifier.Form, scale: Double,
    modeScale: Tensor<Double>? = nil, grid: SpectralGrid, hasTime: Bool
  ) throws {
    self.modeScale = modeScale.map { Tensor<Scalar>($0) * Scalar(scale) }
    (self.unknown, self.form, self.scale) = (unknown, form, Scalar(scale))
    (self.grid, self.hasTime) = (grid, hasTime)
    let spatial = hasTime ? grid.axes.count - 1 : grid.axes.count
    var matrices: [Tensor<Double>?] = []
    for axis in Axis.allCases.prefix(spatial) {
      let (lower, upper) = (
        conditions.sides[Side(axis, upper: false)], conditions.sides[Side(axis, upper: true)]
      )
      matrices.append(
        grid.axes[axis.rawValue].vanishingAnalysis(lower: lower == nil ? 0 : 1, upper: upper == nil ? 0 : 1))
    }
    if hasTime {
      let power = (conditions.initial == nil ? 0 : 1) + (conditions.rate == nil ? 0 : 1)
      matrices.append(grid.axes[spatial].vanishingAnalysis(lower: power, upper: 0))
    }
    product = AxisProduct(matrices)

    // The offset, sorted.
    let offset = try Self.offset(conditions, grid, spatial)
    var (linear, known, others): ([(Scalar, Jet)], [Node], [Node]) = ([], [], [])
    for term in offset == .zero ? [] : try offset.expandedTerms() {
      let node = Node.constant(term.coefficient) * term.product
      if !term.dependsOnUnknowns {
        known.append(node)
      } else if let jet = term.linearJet, jet.orders == .zero, jet.timeOrder == 0 {
        linear.append((Scalar(term.coefficient), jet))
      } else {
        others.append(node)
      }
    }
    offsetInputs = linear.map { (coefficient: $0.0, jet: $0.1) }
    offsetFormula = .sum(of: others)
    if known.isEmpty {
      offsetKnown = nil
    } else {
      let formula = SpectralResidual<Scalar>.formula(grid, hasTime: hasTime) { _ in Tensor(0) }
      offsetKnown = grid.coefficients(of: try formula(.sum(of: known)).broadcast(to: [1] + grid.points + [1]))
    }
    let times = hasTime ? grid.axes[spatial].modes : 1
    switch form {
    case .zeroMean:
      mask = Tensor(shape: grid.modes + [1], (0..<grid.modes.reduce(1, *)).map { $0 < times ? 0 : 1 })
      corner = nil
    case .zeroAtOrigin:
      mask = nil
      var one = Tensor<Scalar>.zeros(Array(repeating: 1, count: spatial) + (hasTime ? [1] : []) + [1]) + 1
      for i in 0..<spatial { one = one.embedded(axis: i, start: 0, length: grid.axes[i].modes) }
      corner = (
        AxisProduct(
          grid.axes.indices.map {
            $0 < spatial ? grid.axes[$0].evaluation(at: [grid.axes[$0].interval.lowerBound]) : nil
          }), one
      )
    default: (mask, corner) = (nil, nil)
    }
  }

  /// What interpolates the data of sides from side to side (Gordon & Hall 1973) and takes up the initial state.
  private static func offset(_ conditions: UnknownConditions, _ grid: SpectralGrid, _ spatial: Int) throws
    -> Node
  {
    var offset = Node.zero
    for axis in Axis.allCases.prefix(spatial) {
      let interval = grid.axes[axis.rawValue].interval
      let (a, b) = (interval.lowerBound, interval.upperBound)
      let fraction = (Node.coordinate(axis) - .constant(a)) * .constant(1 / (b - a))
      func gap(_ upper: Bool) -> Node? {
        guard let data = conditions.sides[Side(axis, upper: upper)] else { return nil }
        let at = { (node: Node) in
          node.replacingTerminals { $0 == .coordinate(axis) ? .constant(upper ? b : a) : nil }
        }
        return at(data) - at(offset)
      }
      switch (gap(false), gap(true)) {
      case (nil, nil): continue
      case (let lower?, nil): offset = offset + lower
      case (nil, let upper?): offset = offset + upper
      case (let lower?, let upper?): offset = offset + (.one - fraction) * lower + fraction * upper
      }
    }
    guard let initial = conditions.initial else { return offset }
    let start = { (node: Node) in node.replacingTerminals { $0 == .time ? .zero : nil } }
    let boundary = offset
    offset = offset + initial - start(boundary)
    if let rate = conditions.rate {
      offset = offset + .time * (rate - start(try boundary.timeDerivative()))
    }
    return offset
  }

  /// Coefficients of u, [entries, modes …, 1], for values of v at the collocation points, [entries, points …, 1], and
  /// coefficients of inputs by unknown.
  func callAsFunction(_ v: Tensor<Scalar>, inputs: [Tensor<Scalar>?]) throws -> Tensor<Scalar> {
    var u = product(v)
    u = modeScale.map { u * $0 } ?? u * scale
    if let mask { u = u * mask }
    if let corner { u = u - corner.value(u) * corner.one }
    if let offset = try offset(inputs) { u = u + offset }
    return u
  }

  /// What u is where v vanishes.
  func offset(_ inputs: [Tensor<Scalar>?]) throws -> Tensor<Scalar>? {
    var result = offsetKnown
    func add(_ term: Tensor<Scalar>) { result = result.map { $0 + term } ?? term }
    for (coefficient, jet) in offsetInputs { add(inputs[jet.unknown]! * coefficient) }
    if offsetFormula != .zero {
      let formula = SpectralResidual<Scalar>.formula(grid, hasTime: hasTime) { jet in
        let orders = SpectralTerms.orders(jet, grid.axes.count, hasTime)
        return SpectralResidual<Scalar>.evaluation(grid, orders: orders, at: grid.axes.map(\.coordinates))(
          inputs[jet.unknown]!)
      }
      add(grid.coefficients(of: try formula(offsetFormula)))
    }
    return result
  }
}

extension SpectralAxis {
  /// Values v at the collocation points to coefficients of sᵖ (1 − s)^q v, with s from 0 to 1 along the axis, times 4 where
  /// p = q = 1: [modes, points]. v goes in without the highest p + q functions that it has, so that nothing is cut off the
  /// product.
  func vanishingAnalysis(lower p: Int, upper q: Int) -> Tensor<Double> {
    guard p + q > 0 else { return analysis }
    precondition(
      family == .chebyshev && p + q < modes, "no room for \(p + q) conditions in \(modes) functions")
    let kept = modes - p - q
    let smooth = matmul(synthesis.slice(axis: 1, 0..<kept), analysis.slice(axis: 0, 0..<kept))
    let factors = coordinates.map { x -> Double in
      let s = (x - interval.lowerBound) / length
      var factor = p > 0 && q > 0 ? 4.0 : 1
      for _ in 0..<p { factor *= s }
      for _ in 0..<q { factor *= 1 - s }
      return factor
    }
    return matmul(analysis, Tensor(factors).reshaped([points, 1]) * smooth)
  }
}
