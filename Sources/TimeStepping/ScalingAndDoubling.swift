import Foundation

/// A symbol whose φ functions are found by scaling and doubling.
protocol NormedSymbol: LinearSymbol {
  /// Any consistent matrix norm; not finite when an entry is not.
  var norm: Double { get }

  /// Adds factor · other in place.
  mutating func add(_ factor: Double, _ other: Self)
}

extension NormedSymbol {
  /// φ_0 … φ_highest by scaling and doubling (Skaflestad & Wright, Applied Numerical Mathematics 59, 2009).
  ///
  /// With A = z/2^s of norm at most 1/2, the Taylor polynomial of the highest function is exact to rounding, the lower
  /// ones follow from φ_k = A·φ_{k+1} + 1/k!, and s times
  /// φ_k(2A) = 2^{−k} [φ_0(A)·φ_k(A) + Σ_{j=1…k} φ_j(A)/(k − j)!].
  /// What is doubled is exp(A) − 1, not exp(A): the slow modes of a stiff operator differ from 1 by less than a rounding
  /// error after scaling, and would otherwise lose a factor 2^s.
  func scalingAndDoubling(_ highest: Int) -> [Self] {
    precondition(highest >= 0, "phi functions are numbered from 0, not \(highest)")
    let top = max(highest, 1)
    let norm = self.norm
    let doublings = norm.isFinite && norm > 0.5 ? Int((log2(norm) + 1).rounded(.up)) : 0
    let scaled = scalbn(1.0, -doublings) * self
    var phi = Self.taylorPhis(of: scaled, highest: top)
    let one = identity
    var exponentialMinusOne = scaled * phi[1]
    let reciprocal = reciprocalFactorials(top)
    for _ in 0..<doublings {
      var doubled = phi
      for k in 1...top {
        let scale = scalbn(1.0, -k)
        doubled[k] = exponentialMinusOne * (scale * phi[k])
        doubled[k].add(scale, phi[k])
        for j in 1...k { doubled[k].add(scale * reciprocal[k - j], phi[j]) }
      }
      phi = doubled
      var square = exponentialMinusOne * exponentialMinusOne
      square.add(2, exponentialMinusOne)
      exponentialMinusOne = square
    }
    phi[0] = exponentialMinusOne + one
    return Array(phi[0...highest])
  }

  /// φ_1 … φ_highest (entry 0 is not used) of a symbol of norm at most 1/2.
  private static func taylorPhis(of a: Self, highest: Int) -> [Self] {
    let one = a.identity
    // The first degree whose remainder, 2^{−m} k!/(m + k)!, is below a quarter of a rounding error.
    var degree = 0
    var remainder = 1.0
    while remainder > 0x1p-55 {
      degree += 1
      remainder *= 0.5 / Double(degree + highest)
    }
    let reciprocal = reciprocalFactorials(degree + highest)
    var polynomial = reciprocal[degree + highest] * one
    for j in stride(from: degree - 1, through: 0, by: -1) {
      polynomial = a * polynomial
      polynomial.add(reciprocal[j + highest], one)
    }
    var phi = [Self](repeating: polynomial, count: highest + 1)
    for k in stride(from: highest - 1, through: 1, by: -1) {
      phi[k] = a * phi[k + 1]
      phi[k].add(reciprocal[k], one)
    }
    return phi
  }
}
