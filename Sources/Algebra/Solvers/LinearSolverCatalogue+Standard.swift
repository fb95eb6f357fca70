extension LinearSolverCatalogue {
  /// The methods of this library.
  public static let standard = LinearSolverCatalogue(
    direct: [
      Entry("cholesky", "LLᵀ, for positive definite matrices (CHOLMOD)") { _ in CHOLMOD() },
      Entry("ldl", "LDLᵀ, for symmetric matrices (CHOLMOD)") { _ in CHOLMOD(.ldl) },
      Entry("lu", "LU, for any square matrix (UMFPACK)") { _ in UMFPACK() },
      Entry("klu", "LU, for very sparse matrices (KLU)") { _ in KLU() },
      Entry("qr", "QR, least squares (SPQR)") { _ in SPQR() },
    ],
    iterative: [
      Entry("cg", "conjugate gradients, for positive definite matrices") { _ in ConjugateGradient() }
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
      Entry("cholesky", "the exact inverse of a positive definite matrix") { _ in CHOLMOD() },
      Entry("lu", "the exact inverse") { _ in UMFPACK() },
    ],
    aliases: ["pcg": "cg+mic"])
}
