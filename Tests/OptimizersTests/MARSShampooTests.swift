import Algebra
import Foundation
import Optimizers
import Tensors
import Testing

@Suite("MARS-Shampoo")
struct MARSShampooTests {
  private let layout = ParameterLayout().appending("a", shape: [5, 3]).appending("b", shape: [3])
    .appending("c", shape: [3, 8]).appending("d", shape: [2, 2], isComplex: true)

  private func gradients(_ count: Int, size: Double) -> [[Double]] {
    var stream = RandomStream(seed: 2)
    return (0..<count).map { _ in (0..<layout.count).map { _ in size * stream.nextNormal() } }
  }

  @Test("without a correction, and with short gradients, it is Muon without Nesterov's mean, bit by bit")
  func base() throws {
    let gradients = gradients(6, size: 1e-3)
    let start = (0..<layout.count).map { sin(Double($0)) }
    let rule = AdamW<Double>(rate: 0.02)
    let mars = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: 6,
      with: MARSShampoo(rate: 0.01, beta: 0.9, gamma: 0, decay: 0.1, fallback: rule))
    let muon = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: 6,
      with: Muon(
        rate: 0.01, momentum: 0.9, isNesterov: false, decay: 0.1, matrices: ["a", "c", "d"], fallback: rule))
    #expect(mars == muon)
  }

  @Test("steps by singular values of the mean of corrected gradients")
  func steps() throws {
    let gradients = gradients(5, size: 0.4)
    let (beta, gamma, decay, rate) = (0.8, 0.3, 0.1, 0.05)
    let method = MARSShampoo<Double>(
      rate: .constant(rate), beta: beta, gamma: gamma, decay: decay, orthogonalization: .exact,
      matrices: ["a", "c"], fallback: SGD(rate: 0.5))
    let path = try train(
      GivenGradients(gradients, layout: layout), from: Array(repeating: 0.5, count: layout.count), steps: 5,
      with: method)
    var x = Array(repeating: 0.5, count: layout.count)
    var mean = Array(repeating: 0.0, count: layout.count)
    for t in 0..<5 {
      for segment in layout.segments {
        guard segment.name == "a" || segment.name == "c" else {
          for i in segment.range { x[i] -= 0.5 * gradients[t][i] }
          continue
        }
        let weight = gamma * beta / (1 - beta)
        var c = segment.range.map {
          gradients[t][$0] + weight * (gradients[t][$0] - gradients[max(t - 1, 0)][$0])
        }
        let size = c.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if size > 1 { c = c.map { $0 / size } }
        for (i, c) in zip(segment.range, c) { mean[i] = beta * mean[i] + (1 - beta) * c }
        let (rows, columns) = (segment.shape[0], segment.shape[1])
        let m = Matrix<Double>(rows: rows, columns: columns, rowMajor: mean[segment.range])
        let decomposition = try SVD(m)
        let orthogonal = decomposition.u * decomposition.vTransposed
        let scale = max(1, Double(rows) / Double(columns)).squareRoot()
        for (i, o) in zip(segment.range, orthogonal.rowMajor) {
          x[i] = (1 - rate * decay) * x[i] - rate * scale * o
        }
      }
      #expect(largestDifference(path[t], x) < 1e-8)
    }
  }

  @Test("corrected gradients are shortened in each matrix, and other arrays keep theirs")
  func shortened() throws {
    var (method, x) = (
      MARSShampoo<Double>(rate: 0.1, beta: 0.9, fallback: SGD(rate: 1)), Tensor<Double>.zeros([layout.count])
    )
    let gradient = (0..<layout.count).map { $0 < 18 ? 1.0 : 1e-3 }
    let report = try method.step(GivenGradients([gradient], layout: layout), at: &x)
    #expect(report.diagnostics["shortened arrays"] == 1)
    #expect(report.diagnostics["orthogonal matrices"] == 3)
    #expect(x.elements[15..<18].allSatisfy { $0 == -1 })
    let mean = try #require(method.state.child(named: "matrices")?.tensors["m"]).elements
    #expect(abs(mean[0] - 0.1 / 15.0.squareRoot()) < 1e-15)
  }

  @Test("a name that no array has is refused; one of a vector leaves all to the other rule")
  func names() throws {
    var missing = MARSShampoo<Double>(matrices: ["x*"])
    #expect(throws: OptimizerError.self) { try missing.prepare(for: layout) }
    let gradients = gradients(2, size: 0.1)
    let start = Array(repeating: 0.0, count: layout.count)
    let mars = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: 2,
      with: MARSShampoo(matrices: ["b"], fallback: SGD(rate: 0.1)))
    let plain = try train(
      GivenGradients(gradients, layout: layout), from: start, steps: 2, with: SGD(rate: 0.1))
    #expect(mars == plain)
  }
}

extension OptimizerState {
  fileprivate func child(named name: String) -> OptimizerState? { children[name] }
}
