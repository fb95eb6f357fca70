import Autodiff
import Foundation
import Tensors
import Testing

/// A network and a loss on a batch, to be run whole, in tiles, and against differences.
private struct Network {
  var sizes = [3, 20, 20, 2]
  var samples = 1000

  func parameters<Scalar: Real>(_ type: Scalar.Type) -> [Tensor<Scalar>] {
    var stream = RandomStream(seed: 21)
    return zip(sizes, sizes.dropFirst()).flatMap { i, o -> [Tensor<Scalar>] in
      [
        .randomNormal([i, o], deviation: Scalar((1 / Double(i)).squareRoot()), from: &stream),
        .randomNormal([o], deviation: 0.1, from: &stream),
      ]
    }
  }

  func callAsFunction<Scalar>(_ x: Tensor<Scalar>, _ p: [Tensor<Scalar>]) -> Tensor<Scalar> {
    var h = x
    for layer in 0..<sizes.count - 1 {
      h = matmul(h, p[2 * layer]) + p[2 * layer + 1]
      if layer < sizes.count - 2 { h = tanh(h) }
    }
    return h
  }
}

@Suite("Programs")
struct ProgramTests {
  private func points<Scalar: Real>(_ shape: [Int], _ type: Scalar.Type) -> Tensor<Scalar> {
    var stream = RandomStream(seed: 22)
    return .randomUniform(shape, in: -1..<1, from: &stream)
  }

  /// A loss with a residual of second derivatives, a second batch, and a term that is not linear in its sum.
  private func loss<Scalar>(
    _ network: Network, _ x: Tensor<Scalar>, _ boundary: Tensor<Scalar>, _ p: [Tensor<Scalar>]
  ) throws -> Tensor<Scalar> {
    let u = network(x, p)
    let plan = TaylorPlan(
      [
        DerivativeCombination([DerivativeIndex([2, 0, 0]): 1, DerivativeIndex([0, 2, 0]): 1]),
        DerivativeCombination(DerivativeIndex([0, 0, 1])), DerivativeCombination(DerivativeIndex([1, 1, 0])),
      ], directions: 3)
    let unit = (0..<3).map { d in Tensor<Scalar>(shape: [1, 3], (0..<3).map { $0 == d ? 1 : 0 }) }
    let d = try taylorDerivatives(of: [u], by: x, along: unit, plan: plan)[0]
    let residual = d[1] + u * d[2] - d[0] * 0.1
    let edge = network(boundary, p)
    return residual.squared.mean(axes: nil) + sqrt(edge.squared.sum(axes: nil)) * 0.25
  }

  private func program<Scalar: Real>(_ network: Network, batched: Bool, _ type: Scalar.Type) throws
    -> Program<Scalar>
  {
    let p = network.parameters(type)
    let inputs: [ProgramInput] =
      batched
      ? [.batched([network.samples, 3]), .batched([137, 3], batch: 1)]
      : [.shared([network.samples, 3]), .shared([137, 3])]
    return try Program<Scalar>(inputs + p.map { .shared($0.shape) }) { v in
      let p = Array(v[2...])
      let loss = try self.loss(network, v[0], v[1], p)
      return [loss] + gradients(of: loss, withRespectTo: p)
    }
  }

  @Test("sums begin anew in every run, whatever is added to them first")
  func sums() {
    // Gradients of w are products alone; of b, sums alone; of m, a product of rows and a sum of columns, in both orders.
    func loss(_ v: [Tensor<Double>]) -> Tensor<Double> {
      let (x, w, b, m) = (v[0], v[1], v[2], v[3])
      let row = m.slice(axis: 0, 1..<2)
      let h = tanh(matmul(x, w) + b)
      let k = sin(matmul(h, w) + matmul(x, m) * 0.5)
      return (k * row + cos(matmul(k, m)) * h).squared.sum(axes: nil)
    }
    let shapes = [[1100, 4], [4, 4], [4], [4, 4]]
    let programs = [true, false].map { batched in
      let inputs = shapes.enumerated().map { i, shape in
        i == 0 && batched ? ProgramInput.batched(shape) : .shared(shape)
      }
      return Program<Double>(inputs) { v in
        let loss = loss(v)
        return [loss] + gradients(of: loss, withRespectTo: Array(v[1...]))
      }
    }
    for seed in [1, 2, 3] as [UInt64] {
      var stream = RandomStream(seed: seed)
      let values = shapes.map { Tensor<Double>.randomUniform($0, in: -1..<1, from: &stream) }
      for (a, b) in zip(programs[0](values), programs[1](values)) {
        #expect((a - b).maxMagnitude() <= 1e-12 * (1 + b.maxMagnitude()))
      }
    }
  }

  @Test("tiles over two batches give what one whole pass gives, to rounding")
  func tiles() throws {
    let network = Network()
    let values =
      [points([network.samples, 3], Double.self), points([137, 3], Double.self)]
      + network.parameters(Double.self)
    let whole = try program(network, batched: false, Double.self)(values)
    let tiled = try program(network, batched: true, Double.self)(values)
    for (a, b) in zip(whole, tiled) {
      #expect((a - b).maxMagnitude() <= 1e-12 * (1 + a.maxMagnitude()))
    }
  }

  @Test("the gradient of a residual loss agrees with central differences")
  func gradient() throws {
    let network = Network(sizes: [3, 9, 7, 2], samples: 53)
    var values =
      [points([53, 3], Double.self), points([137, 3], Double.self)] + network.parameters(Double.self)
    let program = try program(network, batched: true, Double.self)
    let base = program(values)
    var stream = RandomStream(seed: 31)
    for i in 2..<values.count {
      let saved = values[i]
      let direction = Tensor<Double>.randomUniform(saved.shape, in: -1..<1, from: &stream)
      func at(_ h: Double) -> Double {
        values[i] = saved + direction * h
        return program(values)[0].scalar
      }
      let expected = (8 * (at(1e-4) - at(-1e-4)) - (at(2e-4) - at(-2e-4))) / 12e-4
      values[i] = saved
      let actual = base[i - 1].dot(direction)
      #expect(abs(actual - expected) <= 1e-7 * (1 + abs(expected)), "\(actual) and \(expected)")
    }
  }

  @Test("single precision follows double precision")
  func precision() throws {
    let network = Network()
    let values =
      [points([network.samples, 3], Double.self), points([137, 3], Double.self)]
      + network.parameters(Double.self)
    let double = try program(network, batched: true, Double.self)(values)
    let single = try program(network, batched: true, Float.self)(values.map { Tensor<Float>($0) })
    for (a, b) in zip(double, single) {
      #expect((a - Tensor<Double>(b)).maxMagnitude() <= 1e-4 * (1 + a.maxMagnitude()))
    }
  }

  @Test("a replay in other inputs' memory gives the same bits")
  func replay() throws {
    let network = Network()
    let values =
      [points([network.samples, 3], Float.self), points([137, 3], Float.self)]
      + network.parameters(Float.self)
    let program = try program(network, batched: true, Float.self)
    let first = program(values)
    _ = program(values.map { $0 * 0.5 })
    let second = program(values.map { $0 + 0 })
    #expect(zip(first, second).allSatisfy { $0 == $1 })
  }

  @Test("values that mix samples end a stage", arguments: [1, 7, 64, 300])
  func stages(samples: Int) {
    let x = points([samples, 6], Double.self), w = points([6, 6], Double.self)
    // Batch normalisation, a Gram matrix, rows taken by index, and a sample-by-sample product with what came of them.
    func function(_ x: Tensor<Double>, _ w: Tensor<Double>) -> [Tensor<Double>] {
      let mean = x.mean(axis: 0, keepingAxis: true)
      let centred = x - mean
      let normal = centred / sqrt(centred.squared.mean(axis: 0, keepingAxis: true) + 1e-3)
      let gram = batchedMatmul(normal, normal, transposeA: true) * (1 / Double(samples))
      let mixed = matmul(tanh(normal), gram + w)
      let weighted = mixed * mixed.sum(axis: 1, keepingAxis: true)
      let rows = weighted.gathering([0, samples - 1, 0])
      let total =
        rows.squared.sum(axes: nil) + weighted.max(axis: 0).sum(axes: nil)
        + normal.transposed.sum(axes: [0, 1])
      return [weighted, total]
    }
    let direct = function(x, w)
    for batched in [false, true] {
      let inputs: [ProgramInput] = [batched ? .batched(x.shape) : .shared(x.shape), .shared(w.shape)]
      let program = Program<Double>(inputs) { v in
        let y = function(v[0], v[1])
        return y + gradients(of: y[1], withRespectTo: v)
      }
      let outputs = program([x, w])
      for (a, b) in zip(outputs, direct) { #expect((a - b).maxMagnitude() <= 1e-11 * (1 + b.maxMagnitude())) }
      var stream = RandomStream(seed: 5)
      let direction = Tensor<Double>.randomUniform(x.shape, in: -1..<1, from: &stream)
      let at = { (h: Double) in function(x + direction * h, w)[1].scalar }
      let expected = (8 * (at(1e-5) - at(-1e-5)) - (at(2e-5) - at(-2e-5))) / 12e-5
      let actual = outputs[2].dot(direction)
      #expect(abs(actual - expected) <= 1e-6 * (1 + abs(expected)), "\(actual) and \(expected)")
    }
  }

  @Test("an output may be an input, a number or a repetition")
  func plainOutputs() {
    let program = Program<Double>([.batched([5, 2]), .shared([2])]) { v in
      [
        v[0], v[1].broadcast(to: [3, 2]), Tensor(4), v[0].reshaped([10]), v[1] * 2,
        gradients(of: v[1], withRespectTo: [v[0]])[0],
      ]
    }
    let x = points([5, 2], Double.self)
    let out = program([x, Tensor([1, 2])])
    #expect(out[0] == x)
    #expect(out[1].elements == [1, 2, 1, 2, 1, 2])
    #expect(out[2].scalar == 4)
    #expect(out[3] == x.reshaped([10]))
    #expect(out[4].elements == [2, 4])
    #expect(out[5] == .zeros([5, 2]))
  }
}
