import Optimizers

/// One optimizer by name.
struct OptimizerEntry<Scalar: OptimizerScalar> {
  /// What makes the optimizer.
  enum Kind {
    /// A rule that takes a rate, this one where none is given, and can be modified.
    case rule(rate: Double, (Schedule) -> any UpdateRule<Scalar>)
    /// A method that finds the length of its steps by itself.
    case searching(any LeastSquaresOptimizer<Scalar>)
  }

  let name: String
  let summary: String
  /// Whether a step is dear beside one of a first-order method, so that points are renewed and measured more often.
  var isDear = false
  let kind: Kind

  static func rule<Rule: UpdateRule<Scalar>>(
    _ name: String, _ summary: String, rate: Double, _ make: @escaping (Schedule) -> Rule
  ) -> OptimizerEntry {
    OptimizerEntry(name: name, summary: "\(summary), rate \(rate)", kind: .rule(rate: rate, make))
  }

  static func searching(
    _ name: String, _ summary: String, isDear: Bool = false, _ optimizer: any LeastSquaresOptimizer<Scalar>
  ) -> OptimizerEntry {
    OptimizerEntry(name: name, summary: summary, isDear: isDear, kind: .searching(optimizer))
  }

  /// All optimizers.
  ///
  /// Late gradients of physics-informed losses are as small as 10⁻⁹, so that ε is 10⁻²⁰ in double precision.
  static var all: [OptimizerEntry] {
    let epsilon = Scalar.self == Double.self ? 1e-20 : 1e-8
    return [
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
      .searching("lbfgs", "L-BFGS with a strong Wolfe search", LBFGS<Scalar>()),
      .searching("bfgs", "BFGS", BFGS<Scalar>()),
      .searching("ssbfgs", "self-scaled BFGS", SSBFGS<Scalar>()),
      .searching("ssbroyden1", "self-scaled Broyden, first variant", SSBroyden1<Scalar>()),
      .searching("ssbroyden", "self-scaled Broyden, second variant", SSBroyden2<Scalar>()),
      .searching("gn", "Gauss-Newton by singular values", isDear: true, GaussNewton<Scalar>()),
      .searching("lm", "Levenberg-Marquardt", isDear: true, LevenbergMarquardt<Scalar>()),
      .searching(
        "newton-cg", "Gauss-Newton by conjugate gradients, without a Jacobian", isDear: true,
        CurvatureAdapter(base: NewtonCG<Scalar>())),
      .searching(
        "hessian-cg", "Newton by conjugate gradients", isDear: true,
        CurvatureAdapter(base: NewtonCG<Scalar>(matrix: .hessian))),
    ]
  }
}
