import Autodiff
import Tensors
import Testing

@Suite("Gradients sample by sample")
struct SampleGradientTests {
  private typealias Values = [Tensor<Double>]

  /// Compares the rows with gradients of single samples.
  private func check(
    _ name: String, shared shapes: [[Int]], _ model: @escaping (Values) -> Tensor<Double>
  ) throws {
    let samples = 7
    var stream = RandomStream(seed: 12)
    let x = Tensor<Double>.randomNormal([samples, 2], from: &stream)
    let values = shapes.map { Tensor<Double>.randomNormal($0, from: &stream) }
    let rows = try Program<Double>([.batched(x.shape)] + shapes.map { .shared($0) }) { v in
      try sampleGradients(of: model(v), withRespectTo: Array(v[1...]), inputs: [v[0]])
    }([x] + values)
    let single = try Program<Double>([.batched([1, 2])] + shapes.map { .shared($0) }) { v in
      gradients(of: model(v).sum(axes: nil), withRespectTo: Array(v[1...]))
    }
    for sample in 0..<samples {
      let own = single([x.slice(axis: 0, sample..<sample + 1)] + values)
      for (k, (row, gradient)) in zip(rows, own).enumerated() {
        let difference = row.slice(axis: 0, sample..<sample + 1).reshaped(gradient.shape) - gradient
        #expect(difference.maxMagnitude() <= 1e-13 * max(1, gradient.maxMagnitude()), "\(name), value \(k)")
      }
    }
  }

  @Test("rows are the gradients of single samples")
  func rows() throws {
    let shapes = [[2, 3], [3], [3, 1], [1]]
    // The last bias meets nothing of the sample but its number.
    try check("affine end", shared: shapes) { v in matmul(tanh(matmul(v[0], v[1]) + v[2]), v[3]) + v[4] }
    try check("linear", shared: [[2, 1], [1]]) { v in matmul(v[0], v[1]) + v[2] }
    try check("column of two", shared: [[2, 2], [2]]) { v in
      (matmul(v[0], v[1]) + v[2]).slice(axis: 1, 1..<2)
    }
    try check("squares", shared: shapes) { v in
      (matmul(sin(matmul(v[0], v[1]) * v[2]), v[3]) + v[4]).squared
    }
    try check("scale alone", shared: [[1]]) { v in v[1].broadcast(to: [v[0].shape[0], 1]) * 3 }
    try check("unused", shared: [[1], [4]]) { v in v[0].slice(axis: 1, 0..<1) * v[1] }
  }
}
