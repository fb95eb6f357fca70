import Autodiff
import Optimizers
import Tensors

extension SupervisedObjective: LayerwiseObjective {
  /// The most numbers of a sample's target for which Gauss-Newton factors are computed: each takes a sweep of its own.
  private static var widthLimit: Int { 64 }

  private func layerProgram(_ statistics: LayerStatistics) throws -> LayerFactorProgram<Scalar> {
    if let known = layerPrograms[statistics] { return known }
    if case .gaussNewton = statistics, width > Self.widthLimit {
      throw TrainingError(
        "Kronecker factors of the Gauss-Newton matrix take a sweep for each of the \(width) numbers of a target, and are "
          + "offered for up to \(Self.widthLimit): take an optimizer that needs the gradient alone")
    }
    let program = try LayerFactorProgram<Scalar>(inputs) { values in
      let columns: [Tensor<Scalar>]
      switch statistics {
      case .gaussNewton:
        let residuals = try residuals(values)
        // Times a 1 that is computed from each sample, so that slopes are of each sample too.
        let one = sign(values[1].reshaped([samples, width]).slice(axis: 1, 0..<1).squared + 1)
        columns = (0..<width).map { residuals.slice(axis: 1, $0..<$0 + 1) * one }
      case .moments: columns = [try differences(values)]
      }
      let loss = try total(values)
      let recording = try LayerRecording(
        statistics, loss: loss,
        groups: [.init(name: "data", columns: columns, inputs: [values[0], values[1]])],
        parameters: Array(values[2...]), segments: layout.segments)
      return ([loss], recording)
    }
    layerPrograms[statistics] = program
    return program
  }

  /// - Throws: ``TrainingError`` where Gauss-Newton factors are asked for of a loss that is no sum of squares, or of targets of
  ///   more than 64 numbers, and `DifferentiationError` where a parameter of no affine map mixes samples.
  public func layerFactorLayout(_ statistics: LayerStatistics) throws -> LayerFactorLayout {
    try layerProgram(statistics).layout
  }

  public func valueAndGradient(
    at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>, _ statistics: LayerStatistics,
    into factors: inout Tensor<Scalar>
  ) throws -> Double {
    let program = try layerProgram(statistics)
    run(program.program, at: x) {
      lastLoss = Double(program.program.output(0)[0])
      program.copy(gradient: &gradient, factors: &factors)
    }
    return lastLoss
  }

  /// - Throws: ``TrainingError`` for a loss that is no sum of squares.
  public func gaussNewtonForm(at x: Tensor<Scalar>, _ u: Tensor<Scalar>, _ v: Tensor<Scalar>) throws
    -> GaussNewtonForm
  {
    let program =
      try formProgram
      ?? Program(inputs + tangentInputs + tangentInputs) { values in
        let count = parameters.count
        let own = Array(values[2..<2 + count])
        let residuals = try residuals(Array(values[..<(2 + count)]))
        let pushed = (1...2).map { k in
          directionalDerivatives(
            of: [residuals], along: own.indices.map { (own[$0], values[2 + k * count + $0]) })[0]
        }
        return [(0, 0), (0, 1), (1, 1)].map { (pushed[$0] * pushed[$1]).sum(axes: nil) }
      }
    formProgram = program
    var form = GaussNewtonForm(uu: 0, uv: 0, vv: 0)
    run(program, at: x, tangents: u, v) {
      form = GaussNewtonForm(
        uu: Double(program.output(0)[0]), uv: Double(program.output(1)[0]), vv: Double(program.output(2)[0]))
    }
    return form
  }
}
