import Foundation
import Optimizers
import Tensors
import Testing

@Suite("EFCP of low rank")
struct LowRankEFCPTests {
  private let layout = ParameterLayout().appending("wide", shape: [3, 7]).appending("tall", shape: [8, 2, 2])
    .appending("bias", shape: [5]).appending("row", shape: [1, 4])
    .appending("spectral", shape: [2, 3], isComplex: true)

  private func randomGradients(_ count: Int, seed: UInt64 = 1) -> [[Double]] {
    var stream = RandomStream(seed: seed)
    return (0..<count).map { _ in (0..<layout.count).map { _ in stream.nextNormal() } }
  }

  private func paths(_ gradients: [[Double]], rank: Int) throws -> (low: [[Double]], dense: [[Double]]) {
    let start = Array(repeating: 1.0, count: layout.count)
    let low = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: gradients.count,
      with: LowRankEFCP(rate: 0.1, rank: rank, windowSize: 4, damping: 0.01))
    let dense = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: gradients.count,
      with: MFAC(rate: 0.1, windowSize: 4, damping: 0.01))
    return (low, dense)
  }

  @Test("with the rank of all matrices it is M-FAC", arguments: [4, 9])
  func fullRank(rank: Int) throws {
    var gradients = randomGradients(9)
    // Arrays without a gradient leave nothing behind that would make later ones incomplete.
    for place in layout["wide"]!.range { gradients[0][place] = 0 }
    for place in layout["tall"]!.range { (gradients[3][place], gradients[4][place]) = (0, 0) }
    let (low, dense) = try paths(gradients, rank: rank)
    for (a, b) in zip(low, dense) { #expect(largestDifference(a, b) < 1e-9) }
  }

  @Test("so it is for gradients of the rank of the factors")
  func exactRank() throws {
    var stream = RandomStream(seed: 3)
    let gradients = (0..<9).map { _ in
      layout.segments.flatMap { segment -> [Double] in
        guard segment.shape.count > 1 else { return segment.range.map { _ in stream.nextNormal() } }
        let rows = segment.shape[0]
        let columns = segment.range.count / rows
        let factors = (0..<2).map { _ in
          ((0..<rows).map { _ in stream.nextNormal() }, (0..<columns).map { _ in stream.nextNormal() })
        }
        return (0..<rows * columns).map { place in
          factors.reduce(0) { $0 + $1.0[place / columns] * $1.1[place % columns] }
        }
      }
    }
    let (low, dense) = try paths(gradients, rank: 2)
    for (a, b) in zip(low, dense) { #expect(largestDifference(a, b) < 1e-9) }
    // Of rank one, they are not.
    #expect(largestDifference(try paths(gradients, rank: 1).low[8], dense[8]) > 1e-2)
  }

  @Test("nothing is lost: what the factors held and what is left are the sum of the gradients")
  func conserved() throws {
    let layout = ParameterLayout().appending("tall", shape: [6, 4]).appending("b", shape: [3])
    var stream = RandomStream(seed: 5)
    let gradients = (0..<12).map { _ in (0..<27).map { _ in stream.nextNormal() } }
    let loss = GivenGradients(gradients, layout: layout)
    var (method, x) = (LowRankEFCP<Double>(rank: 2, windowSize: 5, damping: 0.1), Tensor<Double>.zeros([27]))
    var (sum, kept) = (Array(repeating: 0.0, count: 27), Array(repeating: 0.0, count: 27))
    for t in 0..<12 {
      _ = try method.step(loss, at: &x)
      let state = method.state
      let (p, q) = (
        try #require(state.doubles["short factors"]).elements,
        try #require(state.doubles["long factors"]).elements
      )
      let slot = t % 5
      // Five slots of two rows with four, and with six elements; then five of one with one, and with three.
      for i in 0..<6 {
        for j in 0..<4 {
          for k in 0..<2 { kept[4 * i + j] += p[(2 * slot + k) * 4 + j] * q[(2 * slot + k) * 6 + i] }
        }
      }
      for i in 0..<3 { kept[24 + i] += p[40 + slot] * q[60 + 3 * slot + i] }
      let rest = try #require(state.tensors["rest"]).elements
      for i in 0..<27 { sum[i] += gradients[t][i] }
      #expect(largestDifference(zip(kept, rest).map { $0 + $1 }, sum) < 1e-12)
      #expect(rest[24...].allSatisfy { $0 == 0 || abs($0) < 1e-15 })
      // Rows of the short factors are orthonormal.
      for a in 0..<2 {
        for b in 0..<2 {
          let product = (0..<4).reduce(0) { $0 + p[(2 * slot + a) * 4 + $1] * p[(2 * slot + b) * 4 + $1] }
          #expect(abs(product - (a == b ? 1 : 0)) < 1e-13)
        }
      }
    }
  }

  @Test("what is left over does not grow: all of a constant gradient is taken in turn")
  func feedback() throws {
    let layout = ParameterLayout().appending("a", shape: [8, 8])
    var stream = RandomStream(seed: 9)
    let gradient = (0..<64).map { _ in stream.nextNormal() }
    let loss = GivenGradients(Array(repeating: gradient, count: 400), layout: layout)
    var (method, x) = (
      LowRankEFCP<Double>(rate: 0, rank: 1, windowSize: 2, damping: 1), Tensor<Double>.zeros([64])
    )
    let size = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for _ in 0..<400 { _ = try method.step(loss, at: &x) }
    let rest = try #require(method.state.tensors["rest"]).elements
    #expect(rest.reduce(0) { $0 + $1 * $1 }.squareRoot() < 30 * size)
  }

  @Test("single precision: the same steps to its rounding")
  func float() throws {
    let gradients = randomGradients(8)
    let start = Array(repeating: 0.0, count: layout.count)
    let wide = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: 8,
      with: LowRankEFCP(rate: 0.1, rank: 2, windowSize: 3, damping: 0.1))
    let narrow = try train(
      GivenFloatGradients(gradients.map { $0.map(Float.init) }, layout: layout), from: start.map(Float.init),
      steps: 8, with: LowRankEFCP<Float>(rate: 0.1, rank: 2, windowSize: 3, damping: 0.1))
    #expect(largestDifference(wide[7], narrow[7].map(Double.init)) < 1e-4 * wide[7].map(abs).max()!)
  }
}
