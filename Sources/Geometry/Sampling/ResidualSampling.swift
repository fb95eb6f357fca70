import Foundation
import Tensors

/// Why points could not be selected.
public enum SamplingError: Error, Equatable, CustomStringConvertible {
  /// A residual that is infinite or NaN.
  case residualNotFinite(candidate: Int, residual: Double)
  /// More points than candidates.
  case tooFewCandidates(wanted: Int, candidates: Int)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .residualNotFinite(let candidate, let residual):
      return
        "The residual at candidate \(candidate) is \(residual), so that no point can be chosen by it; go back to "
        + "earlier parameters, or look for a division by zero in the equation."
    case .tooFewCandidates(let wanted, let candidates):
      return
        "\(wanted) different points cannot be chosen among \(candidates) candidates; draw several times as many "
        + "candidates as points."
    }
  }
}

/// The choice of training points by residuals at many candidates (Wu, Zhu, Tan, Kartha and Lu, Comput. Methods Appl. Mech.
/// Eng. 403, 2023), as pure functions of the residuals and a seed.
public struct ResidualSampling: Hashable, Sendable, Codable {
  /// k: how much larger residuals are favoured.
  public var exponent: Double
  /// c: the share of points that is spread evenly whatever the residuals.
  public var offset: Double

  /// p ∝ |r|ᵏ / mean |r|ᵏ + c with k = c = 1, which suit the replacement of all points; for RAR-D take k = 2, c = 0.
  public init(exponent: Double = 1, offset: Double = 1) {
    precondition(
      exponent >= 0 && offset >= 0, "a density needs k ≥ 0 and c ≥ 0, not \(exponent) and \(offset)")
    (self.exponent, self.offset) = (exponent, offset)
  }

  /// The probability of each candidate.
  /// - Throws: `SamplingError.residualNotFinite`.
  public func probabilities(_ residuals: [Double]) throws(SamplingError) -> [Double] {
    for (i, r) in residuals.enumerated() where !r.isFinite {
      throw .residualNotFinite(candidate: i, residual: r)
    }
    guard !residuals.isEmpty else { return [] }
    // Relative to the largest, so that no power leaves the range of numbers.
    let largest = residuals.reduce(0) { max($0, abs($1)) }
    let powers = residuals.map { largest > 0 ? pow(abs($0) / largest, exponent) : 1 }
    let mean = powers.reduce(0, +) / Double(powers.count)
    let weights = powers.map { $0 / mean + offset }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  /// `count` different candidates drawn by the probabilities, in ascending order: for RAD they replace all points, for
  /// RAR-D they are added to them.
  ///
  /// A candidate's key is an exponential number over its probability, and the smallest keys are taken: this is drawing one
  /// after another without putting back (Efraimidis and Spirakis 2006).
  /// - Throws: `SamplingError`.
  public func select(
    _ count: Int, residuals: [Double], seed: UInt64, round: Int = 0
  ) throws(SamplingError) -> [Int] {
    guard count <= residuals.count else {
      throw .tooFewCandidates(wanted: count, candidates: residuals.count)
    }
    let probabilities = try probabilities(residuals)
    let stream = RandomStream(seed: seed, stream: 3 << 62 | UInt64(round))
    let keys = probabilities.enumerated().map { i, p in
      p > 0 ? -log1p(-stream.uniform(at: UInt64(i))) / p : .infinity
    }
    return Self.smallest(count, keys)
  }

  /// RAR-G: the `count` candidates with the largest residuals, in ascending order, to be added to the points (Lu, Meng, Mao
  /// and Karniadakis, SIAM Review 63, 2021).
  /// - Throws: `SamplingError`.
  public static func largest(_ count: Int, residuals: [Double]) throws(SamplingError) -> [Int] {
    guard count <= residuals.count else {
      throw .tooFewCandidates(wanted: count, candidates: residuals.count)
    }
    for (i, r) in residuals.enumerated() where !r.isFinite {
      throw .residualNotFinite(candidate: i, residual: r)
    }
    return smallest(count, residuals.map { -abs($0) })
  }

  private static func smallest(_ count: Int, _ keys: [Double]) -> [Int] {
    keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }.prefix(count).sorted()
  }
}
