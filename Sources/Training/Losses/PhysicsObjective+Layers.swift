import Autodiff
import Optimizers
import Tensors

/// Residuals of one place are one group, that of the equations first: what is inside is known apart from conditions.
extension PhysicsObjective: LayerwiseObjective {
  private func layerProgram(_ statistics: LayerStatistics) throws -> LayerFactorProgram<Scalar> {
    if let known = programs.layerFactors[statistics] { return known }
    let program = try LayerFactorProgram<Scalar>(inputs) { values in
      let residuals = try residuals(values, keepsRows: true)
      let losses = residuals.map { 0.5 * $0.squared.sum(axes: nil) }
      let groups = places.enumerated().map { batch, place in
        LayerRecording<Scalar>.Group(
          name: place.name, columns: zip(residuals, terms).filter { $1.place == place }.map(\.0),
          inputs: [values[2 * batch], values[2 * batch + 1]])
      }
      let recording = try LayerRecording(
        statistics, loss: total(losses), groups: groups, parameters: Array(values[firstParameter...]),
        segments: layout.segments)
      return (losses, recording)
    }
    programs.layerFactors[statistics] = program
    return program
  }

  /// - Throws: `DifferentiationError` where a parameter of no affine map mixes points.
  public func layerFactorLayout(_ statistics: LayerStatistics) throws -> LayerFactorLayout {
    try layerProgram(statistics).layout
  }

  public func valueAndGradient(
    at x: Tensor<Scalar>, gradient: inout Tensor<Scalar>, _ statistics: LayerStatistics,
    into factors: inout Tensor<Scalar>
  ) throws -> Double {
    let program = try layerProgram(statistics)
    var sum = 0.0
    bind(program.program, at: x) {
      sum = readLosses(program.program)
      program.copy(gradient: &gradient, factors: &factors)
    }
    prior.addProduct(x, to: &gradient)
    priorLoss = prior.value(x)
    return sum + priorLoss
  }

  private var tangentInputs: [ProgramInput] { parameters.map { .shared($0.wrappedValue.shape) } }

  public func gaussNewtonForm(at x: Tensor<Scalar>, _ u: Tensor<Scalar>, _ v: Tensor<Scalar>) throws
    -> GaussNewtonForm
  {
    let program =
      try programs.gaussNewtonForm
      ?? Program(inputs + tangentInputs + tangentInputs) { values in
        let count = parameters.count
        let own = Array(values[firstParameter..<firstParameter + count])
        let residuals = try residuals(values)
        let pushed = (1...2).map { k in
          directionalDerivatives(
            of: residuals, along: own.indices.map { (own[$0], values[firstParameter + k * count + $0]) })
        }
        func inner(_ a: [Tensor<Scalar>], _ b: [Tensor<Scalar>]) -> Tensor<Scalar> {
          total(zip(a, b).map { ($0 * $1).sum(axes: nil) })
        }
        return [inner(pushed[0], pushed[0]), inner(pushed[0], pushed[1]), inner(pushed[1], pushed[1])]
      }
    programs.gaussNewtonForm = program
    var form = GaussNewtonForm(uu: 0, uv: 0, vv: 0)
    bind(program, at: x, tangent: u, second: v) {
      form = GaussNewtonForm(
        uu: Double(program.output(0)[0]), uv: Double(program.output(1)[0]), vv: Double(program.output(2)[0]))
    }
    form.uu += prior.form(u, u)
    form.uv += prior.form(u, v)
    form.vv += prior.form(v, v)
    return form
  }
}
