import Autodiff
import Foundation
import Tensors
import Testing

@Suite("Rules of primitives")
struct PrimitiveTests {
  /// The function's value when it is carried out at once.
  private func value(_ sample: PrimitiveSample, _ x: [Tensor<Double>]) -> Tensor<Double> {
    sample.function(x)
  }

  /// A weighted sum of the results, so that every element counts.
  private func weights(_ count: Int) -> [Double] { (0..<count).map { 0.6 + 0.4 * cos(1.7 * Double($0)) } }

  private func perturbed(_ x: [Tensor<Double>], _ direction: [Tensor<Double>], _ h: Double) -> [Tensor<
    Double
  >] {
    zip(x, direction).map { $0 + $1 * h }
  }

  @Test("a graph run as a program gives what the operations give at once", arguments: PrimitiveSample.all)
  func program(sample: PrimitiveSample) {
    let x = sample.values(seed: 3)
    let direct = sample.function(x)
    let program = Program<Double>(sample.shapes.map(ProgramInput.shared)) { [sample.function($0)] }
    let replayed = program(x)[0]
    #expect(replayed.shape == direct.shape)
    for (a, b) in zip(replayed.elements, direct.elements) { #expect(abs(a - b) <= 1e-14 * (1 + abs(b))) }
    // And again, in the memory of the first run.
    let again = program(x)[0]
    #expect(again == replayed)
  }

  @Test("reverse mode agrees with central differences", arguments: PrimitiveSample.all)
  func reverse(sample: PrimitiveSample) {
    guard sample.name != "stopGradient" else { return }
    let x = sample.values(seed: 5)
    let w = Tensor(weights(sample.function(x).count)).reshaped(sample.function(x).shape)
    let program = Program<Double>(sample.shapes.map(ProgramInput.shared)) { v in
      gradients(of: sample.function(v), withRespectTo: v, seed: w)
    }
    let gradient = program(x)
    var stream = RandomStream(seed: 11)
    for i in x.indices {
      let direction = x.indices.map { j in
        j == i ? Tensor.randomUniform(x[j].shape, in: -1..<1, from: &stream) : Tensor.zeros(x[j].shape)
      }
      // Richardson's combination of two differences: error of fourth order.
      func difference(_ h: Double) -> Double {
        let up = value(sample, perturbed(x, direction, h)), down = value(sample, perturbed(x, direction, -h))
        return ((up - down) * w).sum() / (2 * h)
      }
      let expected = (4 * difference(1e-4) - difference(2e-4)) / 3
      let actual = gradient[i].dot(direction[i])
      #expect(
        abs(actual - expected) <= 1e-7 * max(1, abs(expected)), "input \(i): \(actual), expected \(expected)")
    }
  }

  @Test("forward and reverse mode agree", arguments: PrimitiveSample.all)
  func forward(sample: PrimitiveSample) {
    let x = sample.values(seed: 6)
    var stream = RandomStream(seed: 12)
    let tangents = x.map { Tensor<Double>.randomUniform($0.shape, in: -1..<1, from: &stream) }
    let result = sample.function(x)
    let w = Tensor(weights(result.count)).reshaped(result.shape)
    let program = Program<Double>(sample.shapes.map(ProgramInput.shared)) { v in
      let y = sample.function(v)
      return directionalDerivatives(of: [y], along: Array(zip(v, tangents)))
        + gradients(of: y, withRespectTo: v, seed: w)
    }
    let outputs = program(x)
    let pushed = outputs[0].dot(w)
    let pulled = zip(outputs[1...], tangents).reduce(0.0) { $0 + $1.0.dot($1.1) }
    #expect(abs(pushed - pulled) <= 1e-12 * (1 + abs(pulled)), "\(pushed) and \(pulled)")
  }

  @Test("Taylor mode agrees with nested forward mode to order 4", arguments: PrimitiveSample.all)
  func taylor(sample: PrimitiveSample) throws {
    let x = sample.values(seed: 7)
    var stream = RandomStream(seed: 13)
    // Two directions through all inputs at once: the inputs are functions of one vector (s, t).
    let a = x.map { Tensor<Double>.randomUniform($0.shape, in: -1..<1, from: &stream) }
    let b = x.map { Tensor<Double>.randomUniform($0.shape, in: -1..<1, from: &stream) }
    let indices = [[1, 0], [0, 1], [2, 0], [1, 1], [3, 0], [2, 1], [4, 0], [2, 2], [1, 3]].map(
      DerivativeIndex.init)
    let plan = TaylorPlan(
      indices.map { DerivativeCombination($0) } + [
        DerivativeCombination([
          indices[2]: 1.5, indices[3]: -0.5, DerivativeIndex([0, 2]): 2, indices[0]: 0.25,
        ]),
        DerivativeCombination([indices[6]: 1, indices[7]: 2, DerivativeIndex([0, 4]): 1]),
      ], directions: 2)
    let program = try Program<Double>([.shared([2])]) { v in
      let st = v[0]
      func combined(_ i: Int) -> Tensor<Double> {
        let s = st.slice(axis: 0, 0..<1).reshaped([]), t = st.slice(axis: 0, 1..<2).reshaped([])
        return x[i] + s * a[i] + t * b[i]
      }
      let y = sample.function(x.indices.map(combined))
      let taylor = try taylorDerivatives(
        of: [y], by: st, along: [Tensor([1, 0]), Tensor([0, 1])], plan: plan)[0]
      func nested(_ orders: [Int]) -> Tensor<Double> {
        var result = y
        for (direction, order) in orders.enumerated() {
          let e = Tensor<Double>(direction == 0 ? [1, 0] : [0, 1])
          for _ in 0..<order { result = directionalDerivatives(of: [result], along: [(st, e)])[0] }
        }
        return result
      }
      let expected =
        indices.map { nested($0.orders) } + [
          nested([2, 0]) * 1.5 - nested([1, 1]) * 0.5 + nested([0, 2]) * 2 + nested([1, 0]) * 0.25,
          nested([4, 0]) + nested([2, 2]) * 2 + nested([0, 4]),
        ]
      return taylor + expected
    }
    let outputs = program([Tensor([0.0, 0.0])])
    let half = outputs.count / 2
    for i in 0..<half {
      let scale = 1 + outputs[half + i].maxMagnitude()
      let difference = (outputs[i] - outputs[half + i]).maxMagnitude()
      #expect(difference <= 1e-10 * scale, "combination \(i): off by \(difference) of \(scale)")
    }
  }

  @Test("every kind of primitive stands in a sample")
  func coverage() {
    var seen: Set<PrimitiveKind> = []
    for sample in PrimitiveSample.all {
      let recorder = Recorder<Double>()
      _ = sample.function(sample.shapes.map(recorder.input))
      for node in recorder.nodes { seen.insert(PrimitiveKind(node.primitive)) }
    }
    for kind in PrimitiveKind.allCases { #expect(seen.contains(kind), "no sample has \(kind)") }
  }
}
