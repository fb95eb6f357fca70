import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019): in every step, parameters lose the part rate · λ
/// besides, which no mean square divides. For a decay of some parameters only, see ``UpdateRule/decayed(_:excluding:)``.
public struct AdamW<Scalar: OptimizerScalar>: RuleModifier {
  /// Adam, with the decay in its update.
  public var base: Adam<Scalar>

  public var name: String { "AdamW" }

  /// λ.
  public var decay: Double {
    get { base.decay }
    set { base.decay = newValue }
  }

  /// AdamW with a decay of 0.01 and Adam's other settings unless given.
  public init(
    rate: Schedule = 1e-3, decay: Double = 0.01, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, isAMSGrad: Bool = false
  ) {
    base = Adam(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, isAMSGrad: isAMSGrad)
    base.decay = decay
  }
}
