import Tensors

/// A function of every element, between layers.
///
/// One of your own is a closure of tensor operations, of which the derivatives follow:
/// `Activation("damped sine") { sin($0) * exp(-0.5 * $0.squared) }`.
public struct Activation<Scalar: Real>: Sendable {
  /// The name, for printing and files.
  public let name: String
  private let function: @Sendable (Tensor<Scalar>) -> Tensor<Scalar>

  /// A named function of every element.
  public init(_ name: String, _ function: @escaping @Sendable (Tensor<Scalar>) -> Tensor<Scalar>) {
    (self.name, self.function) = (name, function)
  }

  /// The function of every element.
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { function(x) }

  /// The hyperbolic tangent.
  public static var tanh: Activation { Activation("tanh") { Tensors.tanh($0) } }
  /// The sine (SIREN, Sitzmann et al. 2020).
  public static var sin: Activation { Activation("sin") { Tensors.sin($0) } }
  /// x Φ(x) with the normal distribution function Φ, by the error function (Hendrycks & Gimpel 2016).
  public static var gelu: Activation {
    Activation("gelu") { x in 0.5 * x * (1 + erf(x * Scalar(0.5.squareRoot()))) }
  }
  /// x σ(x) with the logistic function σ, also called swish (Ramachandran et al. 2017).
  public static var silu: Activation { Activation("silu") { x in x * logistic(x) } }
  /// The logistic function 1/(1 + e⁻ˣ).
  public static var sigmoid: Activation { Activation("sigmoid") { logistic($0) } }
  /// max(x, 0). Its second derivative vanishes: useless for equations of second order.
  public static var relu: Activation { Activation("relu") { max($0, Tensor(0)) } }
  /// log(1 + eˣ).
  public static var softplus: Activation {
    Activation("softplus") { x in max(x, Tensor(0)) + log1p(exp(-abs(x))) }
  }
  /// The Mexican hat (1 − x²) e^(−x²/2), a wavelet.
  public static var wavelet: Activation {
    Activation("wavelet") { x in (1 - x.squared) * exp(x.squared * -0.5) }
  }
  /// The element itself.
  public static var identity: Activation { Activation("identity") { $0 } }

  /// The activations of this library.
  public static var all: [Activation] {
    [.tanh, .sin, .gelu, .silu, .sigmoid, .relu, .softplus, .wavelet, .identity]
  }

  /// The activation of a name, if there is one.
  public static func named(_ name: String) -> Activation? { all.first { $0.name == name } }
}

/// 1/(1 + e⁻ˣ), without overflow.
public func logistic<Scalar>(_ x: Tensor<Scalar>) -> Tensor<Scalar> { 0.5 * tanh(x * 0.5) + 0.5 }
