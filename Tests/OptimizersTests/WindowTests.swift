import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Windows of gradients")
struct WindowTests {
  /// (λ + (1/k) Σ gᵢ gᵢᵀ)⁻¹ x by elimination.
  private func denseInverse(_ gradients: [[Double]], damping: Double, _ x: [Double]) -> [Double] {
    let n = x.count
    var rows = Array(repeating: Array(repeating: 0.0, count: n + 1), count: n)
    for a in 0..<n {
      for b in 0..<n { rows[a][b] = gradients.reduce(0) { $0 + $1[a] * $1[b] } / Double(gradients.count) }
      rows[a][a] += damping
      rows[a][n] = x[a]
    }
    for k in 0..<n {
      let pivot = (k..<n).max { abs(rows[$0][k]) < abs(rows[$1][k]) }!
      rows.swapAt(k, pivot)
      for i in 0..<n where i != k {
        let factor = rows[i][k] / rows[k][k]
        for j in k...n { rows[i][j] -= factor * rows[k][j] }
      }
    }
    return (0..<n).map { rows[$0][n] / rows[$0][$0] }
  }

  private func randomGradients(_ count: Int, length: Int, seed: UInt64 = 1) -> [[Double]] {
    var stream = RandomStream(seed: seed)
    return (0..<count).map { _ in (0..<length).map { _ in stream.nextNormal() } }
  }

  @Test("the inverse of a Fisher matrix of four gradients")
  func inverse() {
    let gradients: [[Double]] = (0..<4).map { i in
      (0..<7).map { (j: Int) -> Double in sin(1.7 * Double(i) + 0.9 * Double(j) + 1) }
    }
    let x = (0..<7).map { cos(Double($0)) }
    var window = GradientWindow<Double>(capacity: 4, length: 7, damping: 0.01)
    for gradient in gradients { window.append(Tensor(gradient)) }
    let result = window.inverse(appliedTo: Tensor(x)).elements
    // By a dense solve in NumPy.
    #expect(abs(result[0] - 2.0090777965) < 5e-11)
    #expect(largestDifference(result, denseInverse(gradients, damping: 0.01, x)) < 1e-12)
  }

  @Test("M-FAC's steps, while the window fills and when it goes round")
  func mfac() throws {
    let gradients = randomGradients(8, length: 5)
    let path = try train(
      GivenGradients(gradients), from: [0, 0, 0, 0, 0], steps: 8,
      with: MFAC(rate: 0.1, windowSize: 3, damping: 0.05))
    var x = [0.0, 0, 0, 0, 0]
    for t in 0..<8 {
      let d = denseInverse(Array(gradients[max(t - 2, 0)...t]), damping: 0.05, gradients[t])
      for i in 0..<5 { x[i] -= 0.1 * d[i] }
      #expect(largestDifference(path[t], x) < 1e-12)
    }
  }

  @Test("equal gradients and a tiny damping: the diagonal grows, and steps stay finite")
  func singular() throws {
    let gradients = Array(repeating: [1e8, 1e8], count: 4)
    for rule in [MFAC<Double>(rate: 1, windowSize: 3, damping: 1e-30)] {
      let path = try train(GivenGradients(gradients), from: [0, 0], steps: 4, with: rule)
      #expect(path.allSatisfy { $0.allSatisfy(\.isFinite) })
    }
  }

  @Test("EFCP with all elements is M-FAC bit by bit", arguments: [9, 4096, 10_001])
  func allElements(length: Int) throws {
    let gradients = randomGradients(7, length: length)
    let start = Array(repeating: 1.0, count: length)
    let dense = try train(
      GivenGradients(gradients), from: start, steps: 7, with: MFAC(rate: 0.1, windowSize: 4, damping: 0.01))
    let sparse = try train(
      GivenGradients(gradients), from: start, steps: 7,
      with: EFCP(rate: 0.1, density: 1, windowSize: 4, damping: 0.01))
    #expect(dense == sparse)
  }

  @Test("what EFCP keeps: the largest elements, and nothing is lost", arguments: [1, 4, 37, 100])
  func kept(elements: Int) throws {
    let (length, steps, size) = (100, 12, 5)
    var stream = RandomStream(seed: 4)
    // Whole numbers, of which sums are exact; many are equal in magnitude.
    let gradients = (0..<steps).map { _ in (0..<length).map { _ in (4 * stream.nextNormal()).rounded() } }
    let loss = GivenGradients(gradients)
    var method = EFCP<Double>(rate: 0.1, density: Double(elements) / 100, windowSize: size, damping: 0.1)
    var x = Tensor<Double>.zeros([length])
    var (sum, kept) = (Array(repeating: 0.0, count: length), Array(repeating: 0.0, count: length))
    var rest = kept
    for t in 0..<steps {
      _ = try method.step(loss, at: &x)
      let state = method.state
      let (values, places) = (
        try #require(state.tensors["values"]), try #require(state.doubles["indices"])
      )
      let all = zip(rest, gradients[t]).map { $0 + $1 }
      var taken = Array(repeating: 0.0, count: length)
      for k in 0..<elements { taken[Int(places[t % size, k])] += values[t % size, k] }
      let order = (0..<length).sorted { (abs(all[$0]), -$0) > (abs(all[$1]), -$1) }
      let chosen = Set(order.prefix(elements))
      for i in 0..<length { #expect(taken[i] == (chosen.contains(i) ? all[i] : 0)) }
      let next = try #require(state.tensors["rest"]).elements
      for i in 0..<length {
        sum[i] += gradients[t][i]
        kept[i] += taken[i]
        #expect(kept[i] + next[i] == sum[i])
      }
      rest = next
    }
  }

  @Test(
    "EFCP's steps against dense matrices, for the kept elements and for the whole gradient",
    arguments: [false, true])
  func efcp(movesAll: Bool) throws {
    let (length, size) = (8, 3)
    let gradients = randomGradients(7, length: length, seed: 3)
    let path = try train(
      GivenGradients(gradients), from: Array(repeating: 0, count: length), steps: 7,
      with: EFCP(rate: 0.1, density: 0.3, windowSize: size, damping: 0.05, movesAll: movesAll))
    var (x, rest) = (Array(repeating: 0.0, count: length), Array(repeating: 0.0, count: length))
    var window: [[Double]] = []
    for t in 0..<7 {
      for i in 0..<length { rest[i] += gradients[t][i] }
      let chosen = (0..<length).sorted { abs(rest[$0]) > abs(rest[$1]) }.prefix(3)
      var c = Array(repeating: 0.0, count: length)
      for i in chosen { (c[i], rest[i]) = (rest[i], 0) }
      window = (window + [c]).suffix(size)
      let d = denseInverse(window, damping: 0.05, movesAll ? gradients[t] : c)
      for i in 0..<length { x[i] -= 0.1 * d[i] }
      #expect(largestDifference(path[t], x) < 1e-12)
    }
  }

  @Test("single precision: sums in doubles, the same steps to its rounding")
  func float() throws {
    let gradients = randomGradients(9, length: 5000)
    let start = Array(repeating: 0.0, count: 5000)
    func compare<Wide: GradientOptimizer<Double>, Narrow: GradientOptimizer<Float>>(
      _ wide: Wide, _ narrow: Narrow
    ) throws {
      let double = try train(GivenGradients(gradients), from: start, steps: 9, with: wide)
      let single = try train(
        GivenFloatGradients(gradients.map { $0.map(Float.init) }), from: start.map(Float.init), steps: 9,
        with: narrow)
      let scale = double[8].map(abs).max()!
      #expect(largestDifference(double[8], single[8].map(Double.init)) < 1e-4 * scale)
    }
    try compare(
      MFAC<Double>(rate: 0.1, windowSize: 4, damping: 0.1),
      MFAC<Float>(rate: 0.1, windowSize: 4, damping: 0.1))
    try compare(
      EFCP<Double>(rate: 0.1, density: 0.2, windowSize: 4, damping: 0.1),
      EFCP<Float>(rate: 0.1, density: 0.2, windowSize: 4, damping: 0.1))
  }

  @Test("a state with indices out of range is refused")
  func damagedIndices() throws {
    var (method, x) = (EFCP<Double>(density: 0.5, windowSize: 2), Tensor([1.0, 2, 3, 4]))
    _ = try method.step(GivenGradients([[1, 2, 3, 4]]), at: &x)
    for bad in [-1, 4, 0.5, .nan, 1e12] {
      var state = method.state
      state.doubles["indices"]?[0, 1] = bad
      var other = EFCP<Double>(density: 0.5, windowSize: 2)
      #expect(throws: OptimizerError.missing(method: "EFCP", entry: "indices")) { try other.restore(state) }
    }
  }
}
