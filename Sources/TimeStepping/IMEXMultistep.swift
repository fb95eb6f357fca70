import Tensors

/// The coefficients of an implicit-explicit linear multistep method of s steps:
///
///     Σ_{q=0…s} α_q u_{n+1−q} = z Σ_{q=0…s} β_q u_{n+1−q} + h Σ_{q=1…s} γ_q N_{n+1−q}
public struct IMEXMultistepCoefficients: Hashable, Sendable {
  /// α_0 … α_s.
  public let alpha: [Double]
  /// β_0 … β_s, of the implicit part L u.
  public let beta: [Double]
  /// γ_1 … γ_s, of the explicit part N.
  public let gamma: [Double]

  /// - Precondition: s + 1 values of α and β, s of γ, s ≥ 1.
  public init(alpha: [Double], beta: [Double], gamma: [Double]) {
    precondition(
      gamma.count >= 1 && alpha.count == gamma.count + 1 && beta.count == gamma.count + 1,
      "\(alpha.count) α, \(beta.count) β and \(gamma.count) γ do not make a multistep method; s + 1, s + 1 and s do"
    )
    self.alpha = alpha
    self.beta = beta
    self.gamma = gamma
  }

  /// The number s of steps.
  public var steps: Int { gamma.count }

  /// u_{n+1} = (α_0 − β_0 z)⁻¹ Σ_{q=1…s} [(β_q z − α_q) u_{n+1−q} + γ_q h N_{n+1−q}].
  @specialized(where Z == Complex<Double>)
  func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> {
    let one = z.identity
    let inverse = (alpha[0] * one - beta[0] * z).inverse
    let states = (1...steps).map { q -> Z? in
      switch (alpha[q] == 0, beta[q] == 0) {
      case (true, true): nil
      case (true, false): inverse * (beta[q] * z)
      case (false, true): -alpha[q] * inverse
      case (false, false): inverse * (beta[q] * z - alpha[q] * one)
      }
    }
    let nonlinear = gamma.map { $0 == 0 ? nil : $0 * inverse }
    return StageTable(
      stages: [],
      solution: StageRow(
        state: states[0], previousStates: Array(states.dropFirst()),
        nonlinear: [nonlinear[0]], previousNonlinear: Array(nonlinear.dropFirst())))
  }
}

/// An implicit-explicit linear multistep method: coefficients, an order and a citation.
///
/// One evaluation of N and one solve per step. The step is fixed; the first steps are made by a one-step method of the
/// same order, `startingMethod`, whose few local errors are smaller than the global error by a power of h.
public protocol IMEXMultistep: SemilinearMethod {
  static var coefficients: IMEXMultistepCoefficients { get }
}

extension IMEXMultistep {
  public var nodes: [Double] { [0] }
  public var history: Int { Self.coefficients.steps - 1 }

  public var startingMethod: (any SemilinearMethod)? {
    guard history > 0 else { return nil }
    let start = startingStepSize
    switch order {
    case ...2: return RK222(stepSize: start)
    case 3: return RK443(stepSize: start)
    default: return ETDRK4(stepSize: start)
    }
  }

  private var startingStepSize: StepSize {
    guard case .fixed(let step) = stepSize else { return stepSize }
    return .fixed(step / Double(startingSubsteps))
  }

  public func table<Z: LinearSymbol>(_ z: Z) -> StageTable<Z> { Self.coefficients.table(z) }
}
