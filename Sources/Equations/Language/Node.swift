import Geometry

/// The symbolic tree of a scalar quantity. Users write ``ScalarField`` and ``VectorField``; analyses switch over this.
///
/// Differences, quotients and negations are sums and products with the factors −1 and b⁻¹, so that every pass has
/// few cases to treat; printing turns them back.
public indirect enum Node: Hashable, Sendable {
  // Terminals
  case constant(Double)
  case imaginaryUnit
  case coordinate(Axis)
  case time
  case parameter(ProblemParameter)
  /// A named coefficient: the formula that it is, unless it is to be found from measurements.
  case coefficient(String, Node)
  case unknown(Unknown)
  case random(RandomField)
  /// A component of the outward normal; only integrals and conditions over boundaries use it.
  case normal(Axis)
  /// 1 in the cells of a mesh whose tag has this name, else 0.
  case region(String)
  /// ∂ᵅ∂ₜʲ of one real unknown of a lowered system; the language itself never makes one.
  case jet(Jet)

  // Algebra
  case sum([Node])
  case product([Node])
  case power(Node, Node)
  case function(Function, Node)
  case binary(BinaryFunction, Node, Node)
  case conjugate(Node)
  case realPart(Node)
  case imaginaryPart(Node)

  // Calculus
  case derivative(Node, Axis)
  case timeDerivative(Node)
  case normalDerivative(Node)
  case laplacian(Node)
  case advection(VectorNode, Node)
  case divergence(VectorNode)
  case rotation(VectorNode)
  case dot(VectorNode, VectorNode)
  case component(VectorNode, Axis)
}

/// The symbolic tree of a vector quantity, with as many components as the domain has dimensions.
public indirect enum VectorNode: Hashable, Sendable {
  case unknown(Unknown)
  /// The outward normal; only integrals and conditions over boundaries use it.
  case normal
  case components([Node])
  case sum([VectorNode])
  case scaled(Node, VectorNode)
  case gradient(Node)
  case perpendicularGradient(Node)
  case curl(VectorNode)
  case cross(VectorNode, VectorNode)
  case laplacian(VectorNode)
  case advection(VectorNode, VectorNode)
  case derivative(VectorNode, Axis)
  case timeDerivative(VectorNode)
  case normalDerivative(VectorNode)
  case tensorDivergence(TensorNode)
  case tensorProduct(TensorNode, VectorNode)
}

/// The symbolic tree of a tensor of second order.
public indirect enum TensorNode: Hashable, Sendable {
  case identity
  /// (∇v)ᵢⱼ = ∂ⱼvᵢ.
  case gradient(VectorNode)
  case transpose(TensorNode)
  /// aᵢbⱼ.
  case outer(VectorNode, VectorNode)
  case sum([TensorNode])
  case scaled(Node, TensorNode)
}

/// A quantity to solve for.
public struct Unknown: Hashable, Sendable {
  /// Whether the unknown is a real or complex scalar, or a real vector.
  public enum Kind: Hashable, Sendable { case scalar, complex, vector }

  public var name: String
  public var kind: Kind

  public init(name: String, kind: Kind) { (self.name, self.kind) = (name, kind) }
}

/// A number that has a name, a default and a range in which it makes sense.
public struct ProblemParameter: Hashable, Sendable {
  public var name: String
  public var defaultValue: Double
  /// The closed range of admissible values: what the command line accepts and a sampler draws from.
  public var range: ClosedRange<Double>
}

/// Elementary functions of one variable.
public enum Function: String, Hashable, Sendable, CaseIterable {
  case exp, log, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, erf, abs, sign, step
}

/// Functions of two variables that are neither sums, products nor powers.
public enum BinaryFunction: String, Hashable, Sendable, CaseIterable {
  case min, max
  /// 1 where the first argument is less than the second, else 0.
  case less
}

/// A partial derivative of one real unknown: `orders` per axis, and in time.
public struct Jet: Hashable, Sendable {
  public var unknown: Int
  public var orders: MultiIndex
  public var timeOrder: Int

  /// ∂ᵅ∂ₜʲ of the unknown with index `unknown`.
  public init(_ unknown: Int, _ orders: MultiIndex = .zero, timeOrder: Int = 0) {
    (self.unknown, self.orders, self.timeOrder) = (unknown, orders, timeOrder)
  }
}

/// Derivative orders along x, y and z.
public struct MultiIndex: Hashable, Sendable, Comparable {
  public var x: Int
  public var y: Int
  public var z: Int

  public init(_ x: Int, _ y: Int = 0, _ z: Int = 0) { (self.x, self.y, self.z) = (x, y, z) }

  /// One derivative along `axis`.
  public init(_ axis: Axis) { self.init(axis == .x ? 1 : 0, axis == .y ? 1 : 0, axis == .z ? 1 : 0) }

  public static let zero = MultiIndex(0, 0, 0)
  /// |α|, the total order.
  public var total: Int { x + y + z }
  public subscript(axis: Axis) -> Int {
    get { axis == .x ? x : axis == .y ? y : z }
    set {
      switch axis {
      case .x: x = newValue
      case .y: y = newValue
      case .z: z = newValue
      }
    }
  }
  public static func + (a: MultiIndex, b: MultiIndex) -> MultiIndex {
    MultiIndex(a.x + b.x, a.y + b.y, a.z + b.z)
  }
  public static func < (a: MultiIndex, b: MultiIndex) -> Bool {
    (a.total, a.z, a.y, a.x) < (b.total, b.z, b.y, b.x)
  }
}

/// A random field that a seed determines: a terminal of initial conditions and sources.
public enum RandomField: Hashable, Sendable {
  /// A Gaussian field N(0, σ²(−Δ + τ²)^−α) (Lindgren, Rue & Lindström 2011), expanded in the domain's own modes.
  case gaussian(smoothness: Double, inverseLength: Double, scale: Double)
  /// A Gaussian field of zero mean with amplitude |û(k)| ∝ k^slope exp(−slope/2 (k/peak)²), scaled to the given
  /// root mean square; `peak` counts waves per shortest period.
  case spectrum(peak: Double, slope: Double, rootMeanSquare: Double)
  /// Independent normal numbers at the grid points; depends on the grid.
  case noise(standardDeviation: Double)
  /// A sum of sines and cosines up to the wavenumber `highest` with normal coefficients, scaled to a largest value of 1
  /// (after the truncated Fourier series of Koehler et al., APEBench, 2024, whose coefficients are uniform).
  case fourierSeries(highest: Int)
}
