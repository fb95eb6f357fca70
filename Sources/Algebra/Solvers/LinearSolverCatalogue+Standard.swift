extension LinearSolverCatalogue {
  /// The methods of this library.
  public static let standard = LinearSolverCatalogue(
    choosing: [
      Entry(
        "automatic", "Cholesky, conjugate gradients with smoothed aggregation, or LU, as suits the matrix"
      ) {
        _ in AutomaticLinearSolver()
      }
    ],
    direct: [
      Entry("cholesky", "LLᵀ, for positive definite matrices (CHOLMOD)") { _ in CHOLMOD() },
      Entry("ldl", "LDLᵀ, for symmetric matrices (CHOLMOD)") { _ in CHOLMOD(.ldl) },
      Entry("lu", "LU, for any square matrix (UMFPACK)") { _ in UMFPACK() },
      Entry("klu", "LU, for very sparse matrices (KLU)") { _ in KLU() },
      Entry("qr", "QR, least squares (SPQR)") { _ in SPQR() },
    ],
    iterative: [
      Entry("cg", "conjugate gradients, for positive definite matrices") { _ in ConjugateGradient() },
      Entry("fcg", "flexible conjugate gradients, with the kept directions in brackets", parameters: 1...50) {
        FlexibleConjugateGradient(directions: Int($0 ?? 1))
      },
      Entry("minres", "MINRES, for symmetric matrices") { _ in MINRES() },
      Entry("gmres", "GMRES, with the steps between restarts in brackets", parameters: 1...1000) {
        GMRES(restart: Int($0 ?? 50))
      },
      Entry("fgmres", "flexible GMRES, with the steps between restarts in brackets", parameters: 1...1000) {
        FGMRES(restart: Int($0 ?? 50))
      },
      Entry("bicgstab", "BiCGStab") { _ in BiCGStab() },
      Entry("sor", "successive over-relaxation, with ω in brackets, else Young's", parameters: 1e-3...1.999) {
        SOR(relaxation: $0)
      },
    ],
    preconditioners: [
      Entry("jacobi", "the diagonal") { _ in JacobiPreconditioner() },
      Entry("ssor", "symmetric successive over-relaxation, with ω in brackets", parameters: 1e-3...1.999) {
        SSORPreconditioner(relaxation: $0 ?? 1)
      },
      Entry("ic", "incomplete Cholesky without fill") { _ in IncompleteCholesky() },
      Entry(
        "mic", "modified incomplete Cholesky, with the part of dropped fill in brackets", parameters: 0...1
      ) {
        IncompleteCholesky(modification: $0 ?? 0.97)
      },
      Entry("ilu", "incomplete LU without fill") { _ in IncompleteLU() },
      Entry("ict", "incomplete Cholesky by magnitude, with the drop tolerance in brackets", parameters: 0...1)
      {
        ThresholdIncompleteCholesky(dropTolerance: $0 ?? 1e-3)
      },
      Entry("ilut", "incomplete LU by magnitude, with the drop tolerance in brackets", parameters: 0...1) {
        ThresholdIncompleteLU(dropTolerance: $0 ?? 1e-3)
      },
      Entry(
        "fsai", "a factorised sparse approximate inverse, with the power of the pattern in brackets",
        parameters: 1...4
      ) {
        FactorizedApproximateInverse(power: Int($0 ?? 1))
      },
      Entry("block-jacobi", "diagonal blocks, with their rows in brackets", parameters: 1...64) {
        BlockJacobi(blockSize: Int($0 ?? 4))
      },
      Entry("polynomial", "a Chebyshev polynomial, with its degree in brackets", parameters: 0...100) {
        PolynomialPreconditioner(degree: Int($0 ?? 4))
      },
      Entry("amg", "smoothed aggregation") { _ in SmoothedAggregation() },
      Entry("classical-amg", "classical algebraic multigrid") { _ in ClassicalMultigrid() },
      Entry("cholesky", "the exact inverse of a positive definite matrix") { _ in CHOLMOD() },
      Entry("lu", "the exact inverse") { _ in UMFPACK() },
    ],
    aliases: ["pcg": "cg+mic", "amg": "cg+amg", "gauss-seidel": "sor(1)"])
}
