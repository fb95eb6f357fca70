import Ansatz
import Foundation

/// Networks whose first weights come from a generator that any program can repeat, x ← 1664525 x + 1013904223 modulo 2³²,
/// in the order of weights [outputs, inputs] row by row, then biases, layer by layer.
enum AnchorNetwork {
  private struct Generator {
    var state: UInt32
    mutating func uniform(_ bound: Double) -> Double {
      state = state &* 1_664_525 &+ 1_013_904_223
      return bound * (2 * (Double(state) / 4_294_967_296) - 1)
    }
  }

  /// A network of tanh units.
  ///
  /// - Parameter bound: The largest weights and biases of a layer, from its inputs and outputs.
  private static func network(
    _ widths: [Int], seed: UInt32, _ bound: (_ inputs: Int, _ outputs: Int) -> (weight: Double, bias: Double)
  ) -> MLP<Double> {
    var (generator, stream) = (Generator(state: seed), RandomStream(seed: 0))
    let model = MLP<Double>(widths, from: &stream)
    for (layer, (inputs, outputs)) in zip(model.layers, zip(widths, widths.dropFirst())) {
      let bounds = bound(inputs, outputs)
      let rows = Tensor(
        shape: [outputs, inputs], (0..<inputs * outputs).map { _ in generator.uniform(bounds.weight) })
      layer.$weight.wrappedValue = rows.transposed
      let biases = (0..<outputs).map { _ in bounds.bias > 0 ? generator.uniform(bounds.bias) : 0 }
      layer.$bias.wrappedValue = Tensor(biases)
    }
    return model
  }

  /// 2-32-1, all numbers within 1/√inputs.
  static func poisson(seed: UInt32) -> MLP<Double> {
    network([2, 32, 1], seed: seed) { inputs, _ in
      let bound = 1 / Double(inputs).squareRoot()
      return (weight: bound, bias: bound)
    }
  }

  /// ½ mean r² over the centres of 30 × 30 cells + ½ mean u² over 4 × 30 centres of the sides.
  static func poissonObjective(_ model: MLP<Double>) throws -> PhysicsObjective<Double> {
    var tables: [PointwiseSystem.Place: Tensor<Double>] = [.inside: midpoints([0...1, 0...1], [30, 30])]
    for (axis, isUpper) in [(Axis.x, false), (.x, true), (.y, false), (.y, true)] {
      let side = isUpper ? 1.0...1.0 : 0.0...0.0
      tables[.side(Side(axis, upper: isUpper))] =
        axis == .x ? midpoints([side, 0...1], [1, 30]) : midpoints([0...1, side], [30, 1])
    }
    return try PhysicsObjective(
      PointwiseSystem(PoissonSines()), model: model, points: PointSet(tables),
      weight: { $0.place == .inside ? 1 : 0.25 })
  }

  /// Poisson's equation with a network 2-32-1; errors on 51 × 51 points.
  static func poissonTask(seed: UInt32) throws -> FixedTask<PhysicsObjective<Double>> {
    let model = poisson(seed: seed)
    let objective = try poissonObjective(model)
    // The points i/50, both ends included.
    let grid = midpoints([-0.01...1.01, -0.01...1.01], [51, 51])
    let exact = sin(grid.slice(axis: 1, 0..<1) * Double.pi) * sin(grid.slice(axis: 1, 1..<2) * Double.pi)
    return FixedTask(objective, from: objective.parameterVector) { x in
      objective.setParameters(x)
      return (model(grid) - exact).norm() / exact.norm()
    }
  }

  /// The regression with a network 2-32-32-32-1, weights within √(6/(inputs + outputs)), zero biases.
  static func regressionTask(seed: UInt32) throws -> FixedTask<SupervisedObjective<Double>> {
    let model = network([2, 32, 32, 32, 1], seed: seed) { ((6 / Double($0 + $1)).squareRoot(), 0) }
    let inputs = midpoints([-1...1, -1...1], [24, 24])
    let (x, y) = (inputs.slice(axis: 1, 0..<1), inputs.slice(axis: 1, 1..<2))
    let targets = sin(x * (2 * Double.pi)) * sin(y * Double.pi) + 0.5 * sin(x * y * (3 * Double.pi))
    let objective = SupervisedObjective(model, inputShape: inputs.shape, targetShape: targets.shape)
    func copied(_ tensor: Tensor<Double>) -> Buffer<Double> {
      let buffer = Buffer<Double>(count: tensor.count)
      tensor.withUnsafeBufferPointer { buffer.pointer.update(from: $0.baseAddress!, count: $0.count) }
      return buffer
    }
    let (input, target) = (copied(inputs), copied(targets))
    objective.bind(input: input.pointer, target: target.pointer)
    let norm = targets.norm()
    let first = Tensor.concatenated(
      model.trainableParameters.map { parameter in
        parameter.parameter.wrappedValue.reshaped([parameter.parameter.wrappedValue.count])
      })
    // The loss is ½ mean of squared differences.
    return FixedTask(objective, from: first) { x in
      try withExtendedLifetime((input, target)) {
        let loss = try objective.value(at: x)
        return (2 * 576 * loss).squareRoot() / norm
      }
    }
  }
}
