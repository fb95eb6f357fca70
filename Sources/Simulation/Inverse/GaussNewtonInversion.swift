import Algebra
import Foundation

/// Regularised Gauss-Newton: the coefficients that minimise ½ Σ ((dᵢ − Fᵢ(c))/σ)² + ½ α Σ (cₖ/sₖ)².
///
/// Each step solves the linear least-squares problem of residuals and prior by a QR factorisation and is shortened until the
/// functional falls (Armijo 1966). α is 1 for a prior that is believed, so that the minimum is the mode of the posterior law;
/// or it is found by the discrepancy principle (Morozov 1966): the largest α whose residuals are no larger than the noise.
///
/// Source: H. W. Engl, M. Hanke and A. Neubauer, Regularization of Inverse Problems, Kluwer (1996), chapters 4 and 11.
public struct GaussNewtonInversion: Sendable {
  /// How α is chosen.
  public enum Weight: Hashable, Sendable {
    /// As given; 1 for the mode of the posterior law.
    case fixed(Double)
    /// The largest α with Σ ((d − F)/σ)² ≤ τ² · (number of measurements).
    case discrepancy(tau: Double)
  }

  /// What a run found.
  public struct Result: Sendable {
    /// The coefficients of the modes.
    public var coefficients: [Double]
    /// Their standard deviations in the normal law that fits the posterior one at its mode.
    public var deviations: [Double]
    /// α.
    public var weight: Double
    /// Σ ((dᵢ − Fᵢ)/σ)², which is near the number of measurements where the model is right.
    public var misfit: Double
    /// The functional, and the largest component of its gradient times sₖ.
    public var value, gradient: Double
    /// Gauss-Newton steps over all α.
    public var iterations: Int
    /// Whether the last minimisation came to its goal.
    public var hasConverged: Bool
    /// Seconds of it all.
    public var seconds: Double
  }

  public var prior: ModePrior
  public var weight: Weight
  /// A step whose largest |Δcₖ|/sₖ is below this is the last.
  public var tolerance = 1e-8
  /// The most steps per α.
  public var maximumSteps = 50

  /// A minimisation.
  public init(prior: ModePrior, weight: Weight = .fixed(1)) { (self.prior, self.weight) = (prior, weight) }

  /// Finds the coefficients.
  ///
  /// - Parameters:
  ///   - map: F.
  ///   - measurements: d, in the order of the map.
  ///   - noise: σ, the standard deviation of the errors of measurement.
  ///   - start: Coefficients to begin with; zero where left out.
  /// - Throws: What the map throws, and `FactorizationError`.
  public func run(
    _ map: CoefficientMap, measurements: [Double], noise: Double, from start: [Double]? = nil
  ) throws -> Result {
    precondition(
      measurements.count == map.measurementCount && noise > 0,
      "\(measurements.count) measurements for a map to \(map.measurementCount), with errors of \(noise)")
    let begin = Date()
    let scales = prior.deviations(map.modes)
    var x = start ?? Array(repeating: 0, count: map.modes.count)
    var iterations = 0
    func minimum(_ alpha: Double) throws -> Result {
      let result = try minimize(map, measurements, noise, scales, alpha, from: x)
      iterations += result.iterations
      return result
    }
    var result: Result
    switch weight {
    case .fixed(let alpha): result = try minimum(alpha)
    case .discrepancy(let tau):
      let goal = tau * tau * Double(measurements.count)
      // From large α down by tenths, each from the minimum before, then between the last two on a logarithmic scale.
      var (above, below) = (1e4, 1e-8)
      result = try minimum(above)
      x = result.coefficients
      while result.misfit > goal, above > below {
        let next = try minimum(above / 10)
        x = next.coefficients
        if next.misfit <= goal { below = above / 10 } else { above /= 10 }
        result = next
      }
      for _ in 0..<12 where result.misfit <= goal && above / below > 1.05 {
        let middle = (above * below).squareRoot()
        let next = try minimum(middle)
        if next.misfit <= goal { (below, result) = (middle, next) } else { above = middle }
      }
    }
    result.iterations = iterations
    result.seconds = Date().timeIntervalSince(begin)
    return result
  }

  private func minimize(
    _ map: CoefficientMap, _ d: [Double], _ noise: Double, _ scales: [Double], _ alpha: Double,
    from start: [Double]
  ) throws -> Result {
    let (m, n, root) = (d.count, scales.count, alpha.squareRoot())
    var c = start
    func value(_ f: [Double], _ c: [Double]) -> (misfit: Double, total: Double) {
      let misfit = zip(d, f).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / (noise * noise)
      let size = zip(c, scales).reduce(0) { $0 + $1.0 * $1.0 / ($1.1 * $1.1) }
      return (misfit, 0.5 * misfit + 0.5 * alpha * size)
    }
    var result = Result(
      coefficients: c, deviations: [], weight: alpha, misfit: .infinity, value: .infinity,
      gradient: .infinity, iterations: 0, hasConverged: false, seconds: 0)
    while true {
      let (f, jacobian) = try map.derivative(at: c)
      let now = value(f, c)
      // In units of s: rows of residuals over rows of the prior.
      var matrix = Matrix<Double>(rows: m + n, columns: n)
      var right = [Double](repeating: 0, count: m + n)
      for k in 0..<n {
        for i in 0..<m { matrix[i, k] = jacobian[i, k] * scales[k] / noise }
        matrix[m + k, k] = root
        right[m + k] = -root * c[k] / scales[k]
      }
      for i in 0..<m { right[i] = (d[i] - f[i]) / noise }
      let gradient = (0..<n).map { k in -(0..<m + n).reduce(0) { $0 + matrix[$1, k] * right[$1] } }
      (result.coefficients, result.misfit, result.value) = (c, now.misfit, now.total)
      result.gradient = gradient.reduce(0) { max($0, abs($1)) }
      let factors = try QRFactorization(matrix)
      result.deviations = Self.deviations(factors.r, scales)
      guard result.iterations < maximumSteps, !result.hasConverged else { return result }
      let step = try factors.solve(right)
      let slope = zip(step, gradient).reduce(0) { $0 + $1.0 * $1.1 }
      var length = 1.0
      var next = c
      while length > 1e-6 {
        next = zip(c, zip(step, scales)).map { $0 + length * $1.0 * $1.1 }
        if let f = try? map(next), value(f, next).total <= now.total + 1e-4 * length * slope { break }
        length /= 2
      }
      result.iterations += 1
      let size = length * step.reduce(0) { max($0, abs($1)) }
      // At rounding, no step lowers the functional.
      guard length > 1e-6 else {
        result.hasConverged = abs(slope) <= 1e-9 * max(1, now.total)
        return result
      }
      c = next
      result.hasConverged = size <= tolerance
    }
  }

  /// Roots of the diagonal of (RᵀR)⁻¹, times scales.
  private static func deviations(_ r: Matrix<Double>, _ scales: [Double]) -> [Double] {
    let n = scales.count
    // Rows of R⁻¹ by back substitution of unit vectors.
    var sums = [Double](repeating: 0, count: n)
    for j in 0..<n {
      var x = [Double](repeating: 0, count: n)
      for i in stride(from: j, through: 0, by: -1) {
        let sum = (i + 1..<j + 1).reduce(i == j ? 1.0 : 0.0) { $0 - r[i, $1] * x[$1] }
        x[i] = sum / r[i, i]
        sums[i] += x[i] * x[i]
      }
    }
    return zip(sums, scales).map { $0.squareRoot() * $1 }
  }
}
