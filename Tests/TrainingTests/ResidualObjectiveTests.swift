import Ansatz
import Foundation
import Testing

private struct Plate: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] { [-laplacian(u) + u * dx(u) == sin(x)] }
  var conditions: [Condition] { [.dirichlet(u == 0, on: .left)] }
}

@Suite("Losses of residuals of one's own")
struct ResidualObjectiveTests {
  @Test("it is the loss that a problem gives, with its gradient, Jacobian and curvature")
  func sameAsProblem() throws {
    var stream = RandomStream(seed: 3)
    let model = MLP<Double>([2, 7, 6, 1], from: &stream)
    let inside = PointSampler(.sobol, seed: 1).unitPoints(40, dimension: 2, round: 0, part: 0)
    let left = Tensor<Double>(shape: [9, 2], (0..<9).flatMap { [0, Double($0) / 8] })
    let stated = try PhysicsObjective(
      PointwiseSystem(Plate()), model: model,
      points: PointSet([.inside: inside, .side(Side(.x, upper: false)): left]),
      weight: { $0.place == .inside ? 2 : 5 })
    let own = ResidualObjective(
      model,
      terms: [
        .init("equation", weight: 2) { x in
          let u = model(x)
          let plan = TaylorPlan([DerivativeCombination(DerivativeIndex([1, 0]))], directions: 2)
          let axes = [[1.0, 0], [0, 1]].map { Tensor<Double>(shape: [1, 2], $0) }
          let slope = try taylorDerivatives(of: [u], by: x, along: axes, plan: plan)[0][0]
          return -(try laplacian(of: u, by: x)) + u * slope - sin(x.slice(axis: 1, 0..<1))
        },
        .init("left", weight: 5) { model($0) },
      ], samples: [inside, left])
    let x = stated.parameterVector
    #expect(own.parameterVector == x && own.layout == stated.layout)
    let (n, m) = (x.count, 49)
    #expect(own.residualCount == m)
    #expect(abs(try own.value(at: x) - stated.value(at: x)) < 1e-13)
    var (a, b) = (Tensor<Double>.zeros([n]), Tensor<Double>.zeros([n]))
    _ = try own.valueAndGradient(at: x, gradient: &a)
    _ = try stated.valueAndGradient(at: x, gradient: &b)
    #expect((a - b).maxMagnitude() < 1e-12)
    var (r, s) = (Tensor<Double>.zeros([m]), Tensor<Double>.zeros([m]))
    var (j, k) = (Tensor<Double>.zeros([m, n]), Tensor<Double>.zeros([m, n]))
    try own.jacobian(at: x, residuals: &r, jacobian: &j)
    try stated.jacobian(at: x, residuals: &s, jacobian: &k)
    // The problem writes an equation with the other sign.
    #expect((r.squared - s.squared).maxMagnitude() < 1e-12)
    #expect((j * r.reshaped([m, 1]) - k * s.reshaped([m, 1])).maxMagnitude() < 1e-12)
    let v = Tensor<Double>.randomNormal([n], from: &stream)
    try own.hessianProduct(at: x, v, into: &a)
    try stated.hessianProduct(at: x, v, into: &b)
    #expect((a - b).maxMagnitude() < 1e-10)
    try own.gaussNewtonProduct(at: x, v, into: &a)
    #expect(
      (a - matmul(matmul(j, v.reshaped([n, 1])).reshaped([1, m]), j).reshaped([n])).maxMagnitude() < 1e-10)
  }

  @Test("the Laplacian in six dimensions against its closed form")
  func laplacianInSixDimensions() throws {
    var stream = RandomStream(seed: 8)
    let model = FourierSeries<Double>([[1, 2, 0, -1, 0.5, 3]])
    model.output.$weight.wrappedValue = Tensor(shape: [2, 1], [0.3, -1.2])
    let points = Tensor<Double>.randomNormal([11, 6], from: &stream)
    let loss = ResidualObjective(
      model, terms: [.init("all") { x in try laplacian(of: model(x), by: x) + 15.25 * model(x) }],
      samples: [points])
    // Δ cos(k·x) = −|k|² cos(k·x), and |k|² = 15.25.
    #expect(try loss.value(at: loss.parameterVector) < 1e-26)
  }

  @Test("other samples, and a residual of the wrong shape")
  func samples() throws {
    var stream = RandomStream(seed: 3)
    let model = MLP<Double>([3, 5, 2], from: &stream)
    let wide = ResidualObjective(model, terms: [.init("both") { model($0) }], samples: [.ones([4, 3])])
    let error = #expect(throws: TrainingError.self) { try wide.value(at: wide.parameterVector) }
    #expect(error?.description.contains("'both' has the shape [4, 2] at 4 samples") == true)
    let loss = ResidualObjective(
      model, terms: [.init("first") { model($0).slice(axis: 1, 0..<1) }], samples: [.ones([4, 3])])
    let x = loss.parameterVector
    let first = try loss.value(at: x)
    loss.setSamples([.ones([9, 3])])
    #expect(abs(try loss.value(at: x) - first) < 1e-14)
    loss.setSamples([.zeros([9, 3])])
    #expect(try loss.value(at: x) != first)
  }
}
