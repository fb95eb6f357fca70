import Autodiff
import Tensors

extension PhysicsObjective {
  /// Scales that make every weight 1.
  private var unitScales: Tensor<Scalar> {
    Tensor(terms.map { Scalar((1 / Double(points.count($0.place))).squareRoot()) })
  }

  private func sums(_ program: Program<Scalar>, at x: Tensor<Scalar>) -> [Double] {
    var result: [Double] = []
    bind(program, at: x, scales: unitScales) {
      result = terms.indices.map { Double(program.output($0)[0]) }
    }
    return result
  }

  /// ‖∇L‖₂ of every term L without its weight.
  public func gradientNorms(at x: Tensor<Scalar>) throws -> [Double] {
    let program =
      try programs.gradientNorms
      ?? Program(inputs) { values in
        let own = Array(values[firstParameter...])
        return try losses(values).map { loss in
          let squares = gradients(of: loss, withRespectTo: own).map { $0.squared.sum(axes: nil) }
          return squares.dropFirst().reduce(squares[0], +)
        }
      }
    programs.gradientNorms = program
    return sums(program, at: x).map { $0.squareRoot() }
  }

  /// The trace of the neural tangent kernel of every term without its weight, per point: the mean over points of
  /// ‖∂r/∂x‖², by the exact Jacobian of the residuals, which is summed tile by tile and never held.
  public func kernelTraces(at x: Tensor<Scalar>) throws -> [Double] {
    let program =
      try programs.kernelTraces
      ?? Program(inputs) { values in
        let own = Array(values[firstParameter...])
        return try zip(try residuals(values), terms).map { residual, term in
          let batch = places.firstIndex(of: term.place)!
          let rows = try sampleGradients(
            of: residual, withRespectTo: own, inputs: [values[2 * batch], values[2 * batch + 1]])
          let squares = rows.map { $0.squared.sum(axes: nil) }
          return squares.dropFirst().reduce(squares[0], +)
        }
      }
    programs.kernelTraces = program
    return sums(program, at: x)
  }

  /// Calls `body` with the residuals of every term as they are: without weights and factors, one per point.
  func withResiduals(
    at x: Tensor<Scalar>, _ body: (_ term: (Int) -> UnsafeBufferPointer<Scalar>) throws -> Void
  ) throws {
    let program =
      try programs.plainResiduals
      ?? Program(inputs) { try residuals($0, areWeighted: false) }
    programs.plainResiduals = program
    var failure: (any Error)?
    bind(program, at: x) {
      do { try body { program.output($0) } } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
