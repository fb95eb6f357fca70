import Ansatz
import Foundation

/// The mean squared difference of a model to given outputs, as an objective: one program of loss and gradients, replayed.
private final class RegressionObjective<Scalar: OptimizerScalar>: Objective {
  let layout: ParameterLayout
  let program: Ansatz.Program<Scalar>
  private let input: Tensor<Scalar>
  private let output: Tensor<Scalar>

  init(_ model: some Layer<Scalar>, from input: Tensor<Scalar>, to output: Tensor<Scalar>) {
    let own = model.trainableParameters
    layout = own.reduce(ParameterLayout()) {
      $0.appending($1.name, shape: $1.parameter.wrappedValue.shape)
    }
    (self.input, self.output) = (input, output)
    let parameters = own.map(\.parameter)
    program = Ansatz.Program(
      [.batched(input.shape), .batched(output.shape)] + parameters.map { .shared($0.wrappedValue.shape) }
    ) { values in
      recording(parameters, as: Array(values[2...])) {
        let loss = (model(values[0]) - values[1]).squared.mean(axes: nil)
        return [loss] + gradients(of: loss, withRespectTo: Array(values[2...]))
      }
    }
  }

  func valueAndGradient(at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>) -> Double {
    input.withUnsafeBufferPointer { program.bind(0, $0.baseAddress!) }
    output.withUnsafeBufferPointer { program.bind(1, $0.baseAddress!) }
    x.withUnsafeBufferPointer { x in
      for (i, segment) in layout.segments.enumerated() {
        program.bind(2 + i, x.baseAddress! + segment.range.lowerBound)
      }
      program.run()
    }
    gradient.withUnsafeMutableBufferPointer { gradient in
      for (i, segment) in layout.segments.enumerated() {
        let part = program.output(1 + i)
        (gradient.baseAddress! + segment.range.lowerBound).update(
          from: part.baseAddress!, count: part.count)
      }
    }
    return Double(program.output(0)[0])
  }
}

extension LayerCase {
  /// Milliseconds of a step, and its floating-point operations.
  struct Times {
    var median: Double
    var fastest: Double
    var operations: Int
  }

  /// Times steps of training from drawn weights.
  func times<Scalar: OptimizerScalar>(_ type: Scalar.Type, rounds: Int) throws -> Times {
    var stream = RandomStream(seed: 1)
    let model = model(type, from: &stream)
    let x = Tensor<Scalar>.randomNormal(shapes.input, from: &stream)
    let y = Tensor<Scalar>.randomNormal(shapes.output, from: &stream)
    let parameters = model.trainableParameters.map { $0.parameter.wrappedValue }
    func objective(_ model: some Layer<Scalar>) -> RegressionObjective<Scalar> {
      RegressionObjective(model, from: x, to: y)
    }
    let loss = objective(model)
    var optimizer = Adam<Scalar>(rate: 1e-3)
    var at = Tensor<Scalar>.concatenated(parameters.map { $0.reshaped([$0.count]) })
    var times: [Double] = []
    for round in -3..<rounds {
      let start = DispatchTime.now().uptimeNanoseconds
      _ = try optimizer.step(loss, at: &at)
      if round >= 0 { times.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-6) }
    }
    times.sort()
    return Times(median: times[rounds / 2], fastest: times[0], operations: loss.program.operationCount)
  }

  /// What PyTorch takes, where it is installed.
  func peerTimes(precision: String, rounds: Int) throws -> (median: Double, fastest: Double)? {
    let figures = PeerScript(name: "engine_torch.py", variable: "ANSATZ_PYTHON", interpreter: "python3")
      .run(
        [try json(precision: precision), "\(rounds)"], threads: WorkerPool.shared.threadCount,
        as: [String: Double].self)
    guard let median = figures?["median"], let fastest = figures?["fastest"] else { return nil }
    return (median, fastest)
  }
}
