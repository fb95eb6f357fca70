/// Vectors with xᵢᵀ B xⱼ = δᵢⱼ, and their products with B.
struct LanczosBasis {
  private let mass: MassProduct
  private let n: Int
  private(set) var vectors: [[Double]] = []
  private var images: [[Double]] = []
  private var streams: UInt64 = 0

  init(_ mass: MassProduct, count n: Int) { (self.mass, self.n) = (mass, n) }

  private func image(_ i: Int) -> [Double] { mass.isIdentity ? vectors[i] : images[i] }

  /// Subtracts the parts along the basis, twice: full reorthogonalisation. Gives them, and the B-norm of the rest.
  func orthogonalize(_ x: inout [Double]) throws(EigenError) -> (coefficients: [Double], rest: Double) {
    var coefficients = [Double](repeating: 0, count: vectors.count)
    for _ in 0..<2 {
      for i in vectors.indices {
        let h = innerProduct(image(i), x)
        coefficients[i] += h
        addMultiple(-h, vectors[i], to: &x)
      }
    }
    return (coefficients, try norm(x))
  }

  private func norm(_ x: [Double]) throws(EigenError) -> Double {
    var bx = x
    mass.apply(x, into: &bx)
    let square = innerProduct(x, bx)
    guard square.isFinite else { throw .notFinite }
    guard square >= 0 else { throw .indefiniteMass }
    return square.squareRoot()
  }

  /// Adds a vector that is orthogonal to the others, of the given B-norm.
  mutating func append(_ x: [Double], length: Double) {
    var x = x
    scale(&x, by: 1 / length)
    appendNormalized(x)
  }

  mutating func appendNormalized(_ x: [Double]) {
    vectors.append(x)
    if mass.isIdentity { return }
    var bx = x
    mass.apply(x, into: &bx)
    images.append(bx)
  }

  /// Adds a vector without structure.
  mutating func appendStart() throws(EigenError) {
    while true {
      var x = startingVector(n, stream: streams)
      streams += 1
      let (_, rest) = try orthogonalize(&x)
      if rest > 1e-8 || streams > 100 {
        guard rest > 0 else { throw .indefiniteMass }
        append(x, length: rest)
        return
      }
    }
  }

  /// Σ coefficients · vectors for each of several combinations.
  func combinations(_ coefficients: [[Double]]) -> [[Double]] {
    coefficients.map { weights in
      var sum = [Double](repeating: 0, count: n)
      for (i, weight) in weights.enumerated() { addMultiple(weight, vectors[i], to: &sum) }
      return sum
    }
  }

  /// Makes combinations the basis.
  mutating func replace(by coefficients: [[Double]]) {
    let new = combinations(coefficients)
    vectors.removeAll(keepingCapacity: true)
    images.removeAll(keepingCapacity: true)
    for x in new { appendNormalized(x) }
  }
}
