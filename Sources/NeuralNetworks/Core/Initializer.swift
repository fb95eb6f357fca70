import Foundation
import Tensors

/// How the elements of a weight are drawn; biases begin at 0 unless a layer says otherwise.
public enum Initializer: Hashable, Sendable {
  /// Uniform within ±√(6/(in + out)) (Glorot & Bengio 2010).
  case glorotUniform
  /// Normal with the variance 2/(in + out) (Glorot & Bengio 2010).
  case glorotNormal
  /// Uniform within ±√(6/in) (He et al. 2015).
  case heUniform
  /// Normal with the variance 2/in (He et al. 2015).
  case heNormal
  /// Uniform within ±1/√in, biases too: what PyTorch's linear layers do.
  case fanIn
  /// Uniform within ±√(6/in)/frequency, for sine activations (Sitzmann et al. 2020).
  case siren(frequency: Double)
  /// Normal.
  case normal(deviation: Double)
  /// All zeros.
  case zeros

  /// Draws a tensor for a map from `inputs` to `outputs` numbers.
  public func callAsFunction<Scalar: Real>(
    _ shape: [Int], inputs: Int, outputs: Int, from stream: inout RandomStream
  ) -> Tensor<Scalar> {
    func uniform(_ bound: Double) -> Tensor<Scalar> {
      .randomUniform(shape, in: Scalar(-bound)..<Scalar(bound), from: &stream)
    }
    func normal(_ deviation: Double) -> Tensor<Scalar> {
      .randomNormal(shape, deviation: Scalar(deviation), from: &stream)
    }
    switch self {
    case .glorotUniform: return uniform((6 / Double(inputs + outputs)).squareRoot())
    case .glorotNormal: return normal((2 / Double(inputs + outputs)).squareRoot())
    case .heUniform: return uniform((6 / Double(inputs)).squareRoot())
    case .heNormal: return normal((2 / Double(inputs)).squareRoot())
    case .fanIn: return uniform(1 / Double(inputs).squareRoot())
    case .siren(let frequency): return uniform((6 / Double(inputs)).squareRoot() / frequency)
    case .normal(let deviation): return normal(deviation)
    case .zeros: return .zeros(shape)
    }
  }
}
