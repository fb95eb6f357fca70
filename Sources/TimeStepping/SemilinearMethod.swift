/// A time-stepping method for M u′ = L u + N(u, t), given by its coefficient functions.
///
/// L is linear and (block-)diagonal after discretisation in space, so that z = h·M⁻¹L is a number per mode, a small
/// matrix per mode or one dense matrix; N, which includes M⁻¹, is everything else. Exponential, integrating-factor,
/// implicit-explicit and explicit methods then differ only in the functions of z that `table(_:)` returns, and one
/// loop (see `StageTable`) runs them all.
///
/// A conforming type carries its step size, so that a method is asked for as `ETDRK4(step: 1e-3)`.
public protocol SemilinearMethod: Sendable {
  init(stepSize: StepSize)

  /// The length of a step, or how it is chosen.
  var stepSize: StepSize { get }

  /// The name as the field writes it, such as "ETDRK4". By default that of the type.
  var name: String { get }

  /// The power of h in the global error.
  var order: Int { get }

  /// Where the method was published.
  var citation: String { get }

  /// c_j of each evaluation of N, which is taken at t_n + c_j·h. The first is 0.
  var nodes: [Double] { get }

  /// How many previous pairs (u, N) the table uses; 0 for one-step methods.
  ///
  /// With a history the step must stay the same. After a change the method starts anew, by `startingMethod`.
  var history: Int { get }

  /// Whether the step is limited by the stiffness of L.
  var treatsLinearPartExplicitly: Bool { get }

  /// Whether the last stage equals the new state, at the end of the step: N of the last stage then serves as N_0 of the
  /// next step, and costs nothing.
  var isFirstSameAsLast: Bool { get }

  /// A one-step method that makes the first `history` steps without loss of order; nil for one-step methods.
  var startingMethod: (any SemilinearMethod)? { get }

  /// How many steps of the starting method make one step of this method.
  var startingSubsteps: Int { get }

  /// The coefficients for z = h·M⁻¹L.
  func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z>
}

extension SemilinearMethod {
  public var name: String { String(describing: Self.self) }
  public var history: Int { 0 }
  public var treatsLinearPartExplicitly: Bool { false }
  public var isFirstSameAsLast: Bool { false }
  public var startingMethod: (any SemilinearMethod)? { nil }
  public var startingSubsteps: Int { 1 }

  /// The method with a fixed step h > 0.
  public init(step: Double) {
    precondition(step > 0 && step.isFinite, "a time step is positive and finite, not \(step)")
    self.init(stepSize: .fixed(step))
  }

  /// The same method with another step size.
  public func with(_ stepSize: StepSize) -> Self {
    if case .adaptive = stepSize {
      precondition(
        self is any EmbeddedMethod,
        "\(name) has no embedded solution to choose its step by; give it a fixed step instead")
    }
    return Self(stepSize: stepSize)
  }
}

/// A method whose table has an `error` row, so that its steps can be chosen to meet a tolerance.
public protocol EmbeddedMethod: SemilinearMethod {
  /// The order of the embedded solution û; the error estimate behaves as h to this order plus one.
  var embeddedOrder: Int { get }
}

extension EmbeddedMethod {
  /// The method with steps chosen such that the estimated error per step stays within
  /// absoluteTolerance + relativeTolerance·|u| in the root-mean-square sense.
  ///
  /// - Parameter initialStep: the first step to try; chosen automatically when nil.
  public init(relativeTolerance: Double, absoluteTolerance: Double? = nil, initialStep: Double? = nil) {
    self.init(
      stepSize: .adaptive(
        StepControl(
          relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance, initialStep: initialStep
        )))
  }
}
