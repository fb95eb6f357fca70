import Algebra
import Tensors

/// Polynomials P_τ(B) of a positive semidefinite matrix B that approach a multiple of its inverse (Doikov and Rodomanov,
/// Polynomial preconditioning for gradient methods, ICML 2023):
///
///     P₀ = I,   P_τ = (1/τ) Σ_{i = 1…τ} (−1)^{i−1} P_{τ−i} U_i,   U_i = tr(Bⁱ) I − Bⁱ
///
/// The eigenvalue of P_τ that belongs to λ_j is the elementary symmetric polynomial e_τ of all eigenvalues but λ_j: P_τ cuts
/// the gap between the τ largest eigenvalues and the rest, and P_{n−1} = det(B) B⁻¹. Where traces are known, it is applied by
/// τ products with B.
///
/// In terms of the matrix P_τ = Σ_i (−1)ⁱ e_{τ−i} Bⁱ, with the elementary symmetric polynomials e_k of all eigenvalues by
/// Newton's identities from the traces. Both are of B over its trace, so that no power overflows: what is applied is
/// P_τ(B) / tr(B)^τ, which ``scale`` undoes.
public struct SymmetricPolynomialPreconditioner: Sendable {
  /// τ.
  public let degree: Int
  /// tr(B).
  public let trace: Double
  /// (−1)ⁱ e_{τ−i} of B / tr(B), the coefficient of its power i.
  public let coefficients: [Double]

  /// What P_τ(B) is over what is applied: tr(B)^τ.
  public var scale: Double { Double.pow(trace, Double(degree)) }

  /// The polynomial of a degree for a symmetric matrix with at least one positive eigenvalue, of which none is negative.
  public init(degree: Int, of matrix: Matrix<Double>) {
    precondition(
      matrix.rows == matrix.columns && degree >= 0 && degree < max(matrix.rows, 1),
      "a preconditioner of degree \(degree) for a matrix of \(matrix.rows) × \(matrix.columns)")
    let trace = (0..<matrix.rows).reduce(0) { $0 + matrix[$1, $1] }
    precondition(trace > 0, "a positive semidefinite matrix has no trace of \(trace)")
    let scaled = (1 / trace) * matrix
    var (power, traces) = (scaled, [Double]())
    for i in 0..<degree {
      if i > 0 { power = power * scaled }
      traces.append((0..<matrix.rows).reduce(0) { $0 + power[$1, $1] })
    }
    self.init(trace: trace, powerTraces: traces)
  }

  /// The polynomial of the degree τ for the τ traces tr(Bⁱ) / tr(B)ⁱ, i = 1 …, exact or estimated, of a matrix with the
  /// trace tr(B).
  public init(trace: Double, powerTraces: [Double]) {
    precondition(trace > 0, "a positive semidefinite matrix has no trace of \(trace)")
    (degree, self.trace) = (powerTraces.count, trace)
    // e_k = (1/k) Σ_{i = 1…k} (−1)^{i−1} e_{k−i} tr(Bⁱ), as P_τ with numbers for matrices.
    var elementary = [1.0]
    for k in stride(from: 1, through: powerTraces.count, by: 1) {
      var sum = 0.0
      for i in 1...k { sum += (i % 2 == 1 ? 1 : -1) * elementary[k - i] * powerTraces[i - 1] }
      elementary.append(sum / Double(k))
    }
    let degree = degree
    coefficients = (0...degree).map { ($0 % 2 == 0 ? 1 : -1) * elementary[degree - $0] }
  }

  /// P_τ(B), scaled back.
  public func matrix(of matrix: Matrix<Double>) -> Matrix<Double> {
    let scaled = (1 / trace) * matrix
    // Horner's rule.
    var result = coefficients[degree] * Matrix<Double>.identity(matrix.rows)
    for i in (0..<degree).reversed() {
      result = result * scaled + coefficients[i] * Matrix<Double>.identity(matrix.rows)
    }
    return scale * result
  }

  /// x ← P_τ(B) / tr(B)^τ x, with products y ← B x by `multiply`; `work` and `product` have the length of x.
  /// - Throws: what `multiply` throws.
  public func apply<Scalar: OptimizerScalar>(
    to x: inout Tensor<Scalar>, work: inout Tensor<Scalar>, product: inout Tensor<Scalar>,
    multiply: (_ x: Tensor<Scalar>, _ product: inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    work.setToCopy(of: x)
    let first = Scalar(coefficients[degree])
    x.withUnsafeMutableBufferPointer { x in
      if let base = x.baseAddress { Scalar.scale(base, by: first, count: x.count) }
    }
    for i in (0..<degree).reversed() {
      try multiply(x, &product)
      let (power, coefficient) = (Scalar(1 / trace), Scalar(coefficients[i]))
      x.withUnsafeMutableBufferPointer { x in
        product.withUnsafeBufferPointer { product in
          work.withUnsafeBufferPointer { work in
            guard let x = x.baseAddress, let product = product.baseAddress, let w = work.baseAddress else {
              return
            }
            Scalar.axpby(x, product, power, 0, count: work.count)
            Scalar.axpy(coefficient, w, x, count: work.count)
          }
        }
      }
    }
  }
}
