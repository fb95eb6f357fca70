import Autodiff
import Foundation
import NeuralNetworks
import Tensors
import Testing

/// What holds for every layer.
@Suite("Layers")
struct LayerTests {
  /// A layer with values for its inputs and parameters.
  private struct Case {
    let parameters: [NamedParameter<Double>]
    let function: ([Tensor<Double>]) -> Tensor<Double>
    /// Inputs, then parameters.
    var values: [Tensor<Double>]
    let inputCount: Int

    init(_ sample: LayerSample, seed: UInt64) {
      let (module, function) = sample.make()
      func parameters(_ module: some Module<Double>) -> [NamedParameter<Double>] { module.namedParameters }
      self.parameters = parameters(module)
      self.function = function
      var stream = RandomStream(seed: seed)
      let inputs = sample.inputs.map { shape -> Tensor<Double> in
        let x = Tensor<Double>.randomUniform(shape, in: sample.range, from: &stream)
        // Whole numbers where the input is an index.
        return sample.isDifferentiable ? x : Tensor(shape: shape, x.elements.map { ($0 + 1).rounded() })
      }
      inputCount = inputs.count
      values =
        inputs
        + self.parameters.map {
          // Away from the special values with which parameters begin.
          $0.parameter.wrappedValue
            + Tensor.randomUniform($0.parameter.wrappedValue.shape, in: -0.2..<0.2, from: &stream)
        }
    }

    /// The layer as a function of inputs and parameters.
    func callAsFunction(_ values: [Tensor<Double>]) -> Tensor<Double> {
      recording(parameters.map(\.parameter), as: Array(values[inputCount...])) {
        function(Array(values[..<inputCount]))
      }
    }

    /// What may be differentiated.
    func active(_ sample: LayerSample) -> [Int] {
      values.indices.filter { sample.isDifferentiable || $0 >= inputCount }
    }

    func directions(seed: UInt64) -> [Tensor<Double>] {
      var stream = RandomStream(seed: seed)
      return values.map { Tensor.randomUniform($0.shape, in: -1..<1, from: &stream) }
    }

    func weights(seed: UInt64) -> Tensor<Double> {
      var stream = RandomStream(seed: seed)
      return Tensor.randomUniform(self(values).shape, in: 0.2..<1, from: &stream)
    }
  }

  @Test("every file of a layer stands in a sample")
  func coverage() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Sources/NeuralNetworks/Layers")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }
    #expect(!files.isEmpty)
    let sampled = Set(LayerSample.all.map(\.file))
    for file in files where !file.contains("+") {
      #expect(sampled.contains(file), "no sample in LayerSamples.swift has the layer \(file)")
    }
    #expect(sampled.isSubset(of: files))
  }

  @Test("parameters are named by their places", arguments: LayerSample.all)
  func names(sample: LayerSample) {
    let names = Case(sample, seed: 1).parameters.map(\.name)
    #expect(names == sample.names)
  }

  @Test(
    "programs, with a shared or a batched input, give what the layer gives at once",
    arguments: LayerSample.all)
  func programs(sample: LayerSample) {
    let layer = Case(sample, seed: 2)
    let direct = layer(layer.values)
    let w = layer.weights(seed: 3)
    var gradient: [[Tensor<Double>]] = []
    for batched in [false, true] {
      let inputs = layer.values.enumerated().map { i, value -> ProgramInput in
        batched && i < layer.inputCount && sample.batched?[i] ?? true
          ? .batched(value.shape) : .shared(value.shape)
      }
      let program = Program<Double>(inputs) { v in
        let y = layer(v)
        return [y] + gradients(of: y, withRespectTo: v, seed: w)
      }
      let outputs = program(layer.values)
      #expect(outputs[0].shape == direct.shape)
      #expect(
        (outputs[0] - direct).maxMagnitude() <= 1e-13 * (1 + direct.maxMagnitude()), "batched: \(batched)")
      gradient.append(Array(outputs[1...]))
      let again = program(layer.values)
      #expect(again == outputs)
    }
    for (a, b) in zip(gradient[0], gradient[1]) {
      #expect((a - b).maxMagnitude() <= 1e-12 * (1 + a.maxMagnitude()))
    }
  }

  @Test("gradients agree with central differences", arguments: LayerSample.all)
  func reverse(sample: LayerSample) {
    let layer = Case(sample, seed: 4)
    let w = layer.weights(seed: 5)
    let program = Program<Double>(layer.values.map { .shared($0.shape) }) { v in
      gradients(of: layer(v), withRespectTo: v, seed: w)
    }
    let gradient = program(layer.values)
    let directions = layer.directions(seed: 6)
    for i in layer.active(sample) {
      func difference(_ h: Double) -> Double {
        var (up, down) = (layer.values, layer.values)
        up[i] = up[i] + directions[i] * h
        down[i] = down[i] - directions[i] * h
        return ((layer(up) - layer(down)) * w).sum() / (2 * h)
      }
      // Two steps of Richardson's extrapolation: the error is of sixth order.
      let d = [8e-4, 4e-4, 2e-4].map(difference)
      let (a, b) = ((4 * d[1] - d[0]) / 3, (4 * d[2] - d[1]) / 3)
      let expected = (16 * b - a) / 15
      let actual = gradient[i].dot(directions[i])
      #expect(
        abs(actual - expected) <= 1e-7 * max(1e-2, abs(expected)),
        "value \(i): \(actual), expected \(expected)")
    }
  }

  @Test("forward and reverse mode agree", arguments: LayerSample.all)
  func forward(sample: LayerSample) {
    let layer = Case(sample, seed: 7)
    let w = layer.weights(seed: 8)
    let tangents = layer.directions(seed: 9)
    let active = layer.active(sample)
    let program = Program<Double>(layer.values.map { .shared($0.shape) }) { v in
      let y = layer(v)
      return directionalDerivatives(of: [y], along: active.map { (v[$0], tangents[$0]) })
        + gradients(of: y, withRespectTo: active.map { v[$0] }, seed: w)
    }
    let outputs = program(layer.values)
    let pushed = outputs[0].dot(w)
    let pulled = zip(outputs[1...], active).reduce(0.0) { $0 + $1.0.dot(tangents[$1.1]) }
    #expect(abs(pushed - pulled) <= 1e-12 * (1 + abs(pulled)), "\(pushed) and \(pulled)")
  }

  @Test("Taylor mode agrees with nested forward mode to order 4", arguments: LayerSample.all)
  func taylor(sample: LayerSample) throws {
    let layer = Case(sample, seed: 10)
    let active = Set(layer.active(sample))
    let (a, b) = (layer.directions(seed: 11), layer.directions(seed: 12))
    let indices = [[1, 0], [1, 1], [3, 0], [4, 0], [2, 2]].map(DerivativeIndex.init)
    let plan = TaylorPlan(indices.map { DerivativeCombination($0) }, directions: 2)
    let program = try Program<Double>([.shared([2])]) { v in
      let (s, t) = (v[0].slice(axis: 0, 0..<1).reshaped([]), v[0].slice(axis: 0, 1..<2).reshaped([]))
      let values = layer.values.indices.map { i in
        active.contains(i) ? layer.values[i] + s * (a[i] * 0.3) + t * (b[i] * 0.3) : layer.values[i]
      }
      let y = layer(values)
      let taylor = try taylorDerivatives(
        of: [y], by: v[0], along: [Tensor([1, 0]), Tensor([0, 1])], plan: plan)[0]
      var known: [[Int]: Tensor<Double>] = [[0, 0]: y]
      func nested(_ orders: [Int]) -> Tensor<Double> {
        if let value = known[orders] { return value }
        let direction = orders[1] > 0 ? 1 : 0
        var lower = orders
        lower[direction] -= 1
        let e = Tensor<Double>(direction == 0 ? [1, 0] : [0, 1])
        known[orders] = directionalDerivatives(of: [nested(lower)], along: [(v[0], e)])[0]
        return known[orders]!
      }
      return taylor + indices.map { nested($0.orders) }
    }
    let outputs = program([Tensor([0.0, 0.0])])
    for (i, index) in indices.enumerated() {
      let expected = outputs[indices.count + i]
      let difference = (outputs[i] - expected).maxMagnitude()
      let scale = 1 + expected.maxMagnitude()
      #expect(difference <= 1e-10 * scale, "\(index): off by \(difference) of \(scale)")
    }
  }
}
