import Optimizers

/// One optimizer by name.
struct OptimizerEntry<Scalar: OptimizerScalar> {
  /// What makes the optimizer.
  enum Kind {
    /// A rule that takes a rate, this one where none is given, and can be modified.
    case rule(rate: Double, (Schedule) -> any UpdateRule<Scalar>)
    /// A method that takes a rate, this one where none is given, and no modifications.
    case scheduled(rate: Double, (Schedule) -> any LeastSquaresOptimizer<Scalar>)
    /// A method that begins with a rate, this one where none is given, and changes it by itself.
    case adapting(rate: Double, (Double) -> any LeastSquaresOptimizer<Scalar>)
    /// A method that finds the length of its steps by itself.
    case searching(any LeastSquaresOptimizer<Scalar>)
  }

  let name: String
  let summary: String
  /// Whether a step is dear beside one of a first-order method, so that points are renewed and measured more often.
  var isDear = false
  /// The most parameters that the method is offered for; nil where its memory does not grow with their square.
  var parameterLimit: Int?
  let kind: Kind

  /// Whether the rate can follow a schedule.
  var takesSchedule: Bool {
    switch kind {
    case .rule, .scheduled: true
    case .adapting, .searching: false
    }
  }

  /// Whether something can be added to the method.
  func takes(_ modifier: OptimizerModifier<Scalar>) -> Bool {
    switch modifier.kind {
    case .any: true
    case .schedule, .warmUp: takesSchedule
    case .rule: if case .rule = kind { true } else { false }
    }
  }

  static func rule<Rule: UpdateRule<Scalar>>(
    _ name: String, _ summary: String, rate: Double, _ make: @escaping (Schedule) -> Rule
  ) -> OptimizerEntry {
    OptimizerEntry(name: name, summary: "\(summary), rate \(rate)", kind: .rule(rate: rate, make))
  }

  static func scheduled(
    _ name: String, _ summary: String, rate: Double, upTo limit: Int? = nil,
    _ make: @escaping (Schedule) -> any LeastSquaresOptimizer<Scalar>
  ) -> OptimizerEntry {
    OptimizerEntry(
      name: name, summary: "\(summary), rate \(rate)", parameterLimit: limit,
      kind: .scheduled(rate: rate, make))
  }

  static func adapting(
    _ name: String, _ summary: String, rate: Double, isDear: Bool = false, upTo limit: Int? = nil,
    _ make: @escaping (Double) -> any LeastSquaresOptimizer<Scalar>
  ) -> OptimizerEntry {
    OptimizerEntry(
      name: name, summary: "\(summary), first rate \(rate)", isDear: isDear,
      parameterLimit: limit, kind: .adapting(rate: rate, make))
  }

  static func searching(
    _ name: String, _ summary: String, isDear: Bool = false, upTo limit: Int? = nil,
    _ optimizer: any LeastSquaresOptimizer<Scalar>
  ) -> OptimizerEntry {
    OptimizerEntry(
      name: name, summary: summary, isDear: isDear, parameterLimit: limit, kind: .searching(optimizer))
  }

  /// All optimizers.
  static var all: [OptimizerEntry] {
    firstOrder + kronecker + lieGroup + windows + quasiNewton + leastSquares + curvature
  }

  /// Late gradients of physics-informed losses are as small as 10⁻⁹.
  private static var epsilon: Double { Scalar.self == Double.self ? 1e-20 : 1e-8 }

  private static var firstOrder: [OptimizerEntry] {
    [
      .rule("adam", "Adam", rate: 1e-3) { Adam<Scalar>(rate: $0, epsilon: epsilon) },
      .rule("amsgrad", "Adam whose mean square never falls", rate: 1e-3) {
        Adam<Scalar>(rate: $0, epsilon: epsilon, isAMSGrad: true)
      },
      .rule("adamw", "Adam with a decoupled decay of 0.01", rate: 1e-3) {
        AdamW<Scalar>(rate: $0, epsilon: epsilon)
      },
      .rule("sgd", "gradient descent with momentum 0.9", rate: 1e-3) { SGD<Scalar>(rate: $0, momentum: 0.9) },
      .rule("nesterov", "gradient descent with Nesterov's momentum 0.9", rate: 1e-3) {
        SGD<Scalar>(rate: $0, momentum: 0.9, isNesterov: true)
      },
      .rule("schedule-free-adamw", "AdamW with averages in place of a schedule", rate: 2.5e-3) {
        ScheduleFreeAdamW<Scalar>(rate: $0, epsilon: epsilon)
      },
      .rule("schedule-free-sgd", "gradient descent with averages in place of a schedule", rate: 0.1) {
        ScheduleFreeSGD<Scalar>(rate: $0)
      },
      .rule("mars", "AdamW on gradients corrected by those before", rate: 3e-3) {
        MARS<Scalar>(rate: $0, epsilon: epsilon)
      },
      .rule("mars-lion", "signs of momentum on gradients corrected by those before", rate: 3e-4) {
        MARS<Scalar>(form: .lion, rate: $0)
      },
      .rule("mars-shampoo", "orthogonal momentum of gradients corrected by those before", rate: 0.02) {
        MARSShampoo<Scalar>(rate: $0)
      },
      .rule(
        "sania", "a Polyak step in the metric of mean squared gradients, for losses whose minimum is 0",
        rate: 1
      ) {
        SANIA<Scalar>(rate: $0, epsilon: 0.1)
      },
      .adapting("smb", "gradient descent whose long steps are corrected by a model", rate: 1) {
        SMB<Scalar>(rate: $0, scheduleInterval: 100)
      },
    ]
  }

  private static var kronecker: [OptimizerEntry] {
    [
      .rule("soap", "Adam in the eigenbases of Kronecker factors, renewed every ten steps", rate: 3e-3) {
        SOAP<Scalar>(rate: $0, epsilon: epsilon, decay: 0)
      },
      .rule("shampoo", "inverse roots of Kronecker factors every ten steps, with Adam's lengths", rate: 3e-3)
      {
        Shampoo<Scalar>(
          rate: $0, beta1: 0.95, beta2: 0.95, graft: .adam(beta2: 0.95, epsilon: epsilon), refreshInterval: 10
        )
      },
      .rule(
        "muon", "orthogonal momentum for inner matrices, Adam at a tenth of the rate for others", rate: 0.02
      ) {
        Muon<Scalar>(rate: $0, fallback: Adam(rate: 0.1 * $0, beta2: 0.95, epsilon: epsilon))
      },
    ]
  }

  private static var lieGroup: [OptimizerEntry] {
    [
      .rule("psgd", "Kronecker factors fitted on a Lie group so that they whiten the gradients", rate: 1e-3) {
        PSGDKron<Scalar>(rate: $0, momentum: 0.9)
      },
      .rule("psgd-xmat", "a factor of the shape of an X, fitted in the same way", rate: 1e-3) {
        PSGDXMat<Scalar>(WhiteningSettings(rate: $0, momentum: 0.9))
      },
      .rule("psgd-lra", "a diagonal and a factor of rank 10, fitted in the same way", rate: 1e-3) {
        PSGDLRA<Scalar>(WhiteningSettings(rate: $0, momentum: 0.9))
      },
      .scheduled(
        "psgd-newton", "a dense factor fitted to products with the Hessian", rate: 0.1, upTo: 2000
      ) {
        CurvatureAdapter(base: PSGDDenseNewton<Scalar>(rate: $0, momentum: 0.9))
      },
    ]
  }

  private static var windows: [OptimizerEntry] {
    [
      .scheduled("adafisher", "momentum over diagonal Fisher information of each layer", rate: 1e-3) {
        LayerwiseAdapter(base: AdaFisher<Scalar>(rate: $0))
      },
      .rule("mfac", "the inverse of a Fisher matrix of the last 128 gradients", rate: 1e-3) {
        MFAC<Scalar>(rate: $0, windowSize: 128)
      },
      .rule("efcp", "the same of the largest hundredth of each gradient, the rest fed back", rate: 1e-3) {
        EFCP<Scalar>(rate: $0, windowSize: 128)
      },
      .rule("efcp-low-rank", "the same of gradients of rank 2", rate: 1e-3) {
        LowRankEFCP<Scalar>(rate: $0, rank: 2, windowSize: 128)
      },
    ]
  }

  private static var quasiNewton: [OptimizerEntry] {
    [
      .searching("lbfgs", "L-BFGS with a strong Wolfe search", LBFGS<Scalar>()),
      .searching("bfgs", "BFGS", upTo: 20_000, BFGS<Scalar>()),
      .searching("ssbfgs", "self-scaled BFGS", upTo: 20_000, SSBFGS<Scalar>()),
      .searching("ssbroyden1", "self-scaled Broyden, first variant", upTo: 20_000, SSBroyden1<Scalar>()),
      .searching("ssbroyden", "self-scaled Broyden, second variant", upTo: 20_000, SSBroyden2<Scalar>()),
    ]
  }

  private static var leastSquares: [OptimizerEntry] {
    [
      .searching("gn", "Gauss-Newton by singular values", isDear: true, upTo: 4000, GaussNewton<Scalar>()),
      .searching("lm", "Levenberg-Marquardt", isDear: true, upTo: 4000, LevenbergMarquardt<Scalar>()),
      .searching(
        "kfac", "natural gradients by Kronecker factors of each layer", isDear: true,
        LayerwiseAdapter(
          base: KFAC<Scalar>(damping: Scalar.self == Double.self ? 1e-12 : 1e-8))),
      .searching(
        "lm-geodesic", "Levenberg-Marquardt in the columns' lengths, with geodesic acceleration",
        isDear: true,
        upTo: 4000, LevenbergMarquardt<Scalar>(scaling: .columns, acceleration: 0.75)),
      .searching(
        "engd", "energy natural gradients by the Woodbury identity, searched along a grid", isDear: true,
        EnergyNaturalGradient<Scalar>()),
      .searching(
        "spring", "the same with a momentum of 0.3", isDear: true,
        SPRING<Scalar>(damping: 1e-9, momentum: .fixed(0.3), step: .search)),
    ]
  }

  private static var curvature: [OptimizerEntry] {
    [
      .searching(
        "newton-cg", "Gauss-Newton by conjugate gradients, without a Jacobian", isDear: true,
        CurvatureAdapter(base: NewtonCG<Scalar>())),
      .searching(
        "hessian-cg", "Newton by conjugate gradients", isDear: true,
        CurvatureAdapter(base: NewtonCG<Scalar>(matrix: .hessian))),
      .searching(
        "hessian-free", "Hessian-free: damped Gauss-Newton steps that start from the one before",
        isDear: true,
        CurvatureAdapter(base: HessianFree<Scalar>())),
      .searching(
        "nys-newton-cg", "NysNewton-CG: Newton steps, preconditioned by a sketch of the Hessian",
        isDear: true,
        CurvatureAdapter(base: NystromNewtonCG<Scalar>(iterationLimit: 100))),
      .searching(
        "krylov", "the best step in a Krylov space of degree 4", isDear: true,
        CurvatureAdapter(base: KrylovSearch<Scalar>())),
      .searching(
        "newton", "Newton with a damping that follows the gradient's norm, up to some hundreds of parameters",
        isDear: true, upTo: 1000, CurvatureAdapter(base: GradientNormalizedNewton<Scalar>())),
      .adapting("oasis", "steps scaled by estimates of the Hessian's diagonal", rate: 1e-3) {
        CurvatureAdapter(base: OASIS<Scalar>(initialRate: $0))
      },
    ]
  }
}
