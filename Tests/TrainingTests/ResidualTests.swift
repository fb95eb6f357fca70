import Ansatz
import Testing

/// The exact solution of a problem as a model, times a parameter that is 1.
private struct ExactModel: Layer {
  typealias Scalar = Double
  let system: PointwiseSystem
  @Parameter var factor: Tensor<Double> = .ones([1])

  func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> {
    let formula = PointFormula(points: x, dimension: system.dimension) { _ in Tensor(0) }
    let columns = system.exact.map { node in
      (try! formula(node!) * factor.reshaped([])).broadcast(to: [x.shape[0], 1])
    }
    return columns.count == 1 ? columns[0] : .concatenated(columns, axis: 1)
  }
}

private struct Equations: Problem {
  let equations: [Equation]
  let dimension: Int
  init(_ text: String, dimension: Int) throws {
    equations = try text.split(separator: ";").map { try FormulaText.equation(String($0)) }
    self.dimension = dimension
  }
  var domain: Domain { .cube(-1, 1, dimension: dimension) }
}

@Suite("Residuals at points")
struct ResidualTests {
  private static let withExact = Catalogue.all.filter { problem in
    guard let system = try? PointwiseSystem(problem) else { return false }
    return system.exact.allSatisfy { $0 != nil }
  }.map(\.name)

  @Test("exact solutions of the catalogue annihilate residuals and conditions", arguments: withExact)
  func exactSolutions(name: String) throws {
    let problem = Catalogue.named(name)!
    let system = try PointwiseSystem(problem)
    let sampler = CollocationSampler(inside: 200, boundary: 50, seed: 4)
    var places: [PointwiseSystem.Place] = [.inside]
    for condition in system.conditions where !places.contains(condition.place) {
      places.append(condition.place)
    }
    let until = min(problem.suggested.until, 1)
    let tables = places.map { place -> (PointwiseSystem.Place, Tensor<Double>) in
      let count = place == .inside ? 200 : 50
      return (place, sampler.points(place, of: system, until: until > 0 ? until : 1, count: count))
    }
    let model = ExactModel(system: system)
    let objective = try PhysicsObjective(
      system, model: model, points: PointSet(Dictionary(uniqueKeysWithValues: tables)))
    let loss = try objective.value(at: objective.parameterVector)
    // Twice the exact solution is none: the measure that the residual is held against.
    let wrong = try objective.value(at: objective.parameterVector * 2)
    #expect(loss <= 1e-16 * max(1, wrong), "\(name): \(loss) beside \(wrong)")
    #expect(wrong > 1e-8, "\(name): twice the solution has the loss \(wrong)")
  }

  static let texts: [(String, Int)] = [
    ("u_t + u*u_x = 0.01*u_xx", 1), ("u_t + u*u_x + u_xx + 0.1*u_xxxx = 0", 1),
    ("u_tt = u_xx - sin(u)", 1), ("-laplacian(u)*(1 + x^2) + u_xy*u_x = exp(-x*y)", 2),
    (
      "u_t + u*u_x + v*u_y = -p_x + 0.02*laplacian(u); v_t + u*v_x + v*v_y = -p_y + 0.02*laplacian(v); u_x + v_y = 0",
      2
    ),
    ("u_t = laplacian(u) - u^3 + v; v_t = 0.3*laplacian(v) + u*v_x", 2), ("u_xx*u_yy - u_xy^2 = 1 + u^2", 2),
  ]

  @Test("gradients, Jacobians and losses of equations given as text agree", arguments: 0..<texts.count)
  func derivatives(index: Int) throws {
    let (text, dimension) = Self.texts[index]
    let system = try PointwiseSystem(Equations(text, dimension: dimension))
    let columns = dimension + (system.isEvolution ? 1 : 0)
    var stream = RandomStream(seed: 8)
    let network = ModifiedMLP<Double>(
      [columns, 9, 9, system.unknowns.count], activation: .silu, from: &stream)
    let points = PointSet<Double>([.inside: .randomUniform([83, columns], in: -1..<1, from: &stream)])
    let objective = try PhysicsObjective(system, model: network, points: points)
    let x = objective.parameterVector
    let direction = Tensor<Double>.randomUniform(x.shape, in: -1..<1, from: &stream)
    var gradient = Tensor<Double>.zeros(x.shape)
    let loss = try objective.valueAndGradient(at: x, gradient: &gradient)
    #expect(abs(loss - (try objective.value(at: x))) <= 1e-13 * loss)
    func at(_ h: Double) throws -> Double { try objective.value(at: x + direction * h) }
    let h = 1e-4
    let expected = (8 * (try at(h) - at(-h)) - (try at(2 * h) - at(-2 * h))) / (12 * h)
    #expect(abs(gradient.dot(direction) - expected) <= 1e-7 * (1 + abs(expected)))
    var residuals = Tensor<Double>.zeros([objective.residualCount])
    var jacobian = Tensor<Double>.zeros([objective.residualCount, x.count])
    try objective.jacobian(at: x, residuals: &residuals, jacobian: &jacobian)
    #expect(abs(0.5 * residuals.dot(residuals) - loss) <= 1e-12 * loss)
    let product = matmul(residuals, jacobian)
    #expect((product - gradient).maxMagnitude() <= 1e-11 * (1 + gradient.maxMagnitude()))
    // A column of differences of single residuals.
    var up = residuals, down = residuals
    try objective.residuals(at: x + direction * 1e-5, into: &up)
    try objective.residuals(at: x - direction * 1e-5, into: &down)
    let slope = (up - down) * (1 / 2e-5)
    let pushed = matmul(jacobian, direction)
    #expect((slope - pushed).maxMagnitude() <= 1e-6 * (1 + pushed.maxMagnitude()))
    // Products with second derivatives: of the Jacobian, and of differences of gradients.
    var curved = Tensor<Double>.zeros(x.shape), curved2 = curved
    try objective.gaussNewtonProduct(at: x, direction, into: &curved)
    let squared = matmul(pushed, jacobian)
    #expect((curved - squared).maxMagnitude() <= 1e-11 * (1 + squared.maxMagnitude()))
    try objective.hessianProduct(at: x, direction, into: &curved)
    func slopes(at h: Double) throws -> Tensor<Double> {
      var result = Tensor<Double>.zeros(x.shape)
      _ = try objective.valueAndGradient(at: x + direction * h, gradient: &result)
      return result
    }
    let differences =
      ((try slopes(at: h) - slopes(at: -h)) * 8 - (try slopes(at: 2 * h) - slopes(at: -2 * h)))
      * (1 / (12 * h))
    #expect((curved - differences).maxMagnitude() <= 1e-7 * (1 + differences.maxMagnitude()))
    // H is symmetric.
    let other = Tensor<Double>.randomUniform(x.shape, in: -1..<1, from: &stream)
    try objective.hessianProduct(at: x, other, into: &curved2)
    #expect(abs(curved.dot(other) - curved2.dot(direction)) <= 1e-10 * (1 + abs(curved.dot(other))))
  }

  @Test("combinations of derivatives need fewer channels")
  func channels() throws {
    func count(_ text: String, _ dimension: Int) throws -> Int {
      try ResidualChannels.count(PointwiseSystem(Equations(text, dimension: dimension)))
    }
    // Value and Laplacian with both slopes; value, u_x and u_t − ν u_xx; and so on.
    #expect(try count("-laplacian(u) = 1", 2) == 4)
    #expect(try count("u_t + u*u_x = 0.01*u_xx", 1) == 3)
    #expect(try count("u_t + 30*u_x = 0", 1) == 2)
    #expect(try count(Self.texts[4].0, 2) == 4)
  }

  @Test("a model whose outputs are not the unknowns is refused")
  func outputs() throws {
    let system = try PointwiseSystem(Equations("u_x + v_y = 0; u_y = v_x", dimension: 2))
    var stream = RandomStream(seed: 1)
    let network = MLP<Double>([2, 5, 1], from: &stream)
    let points = PointSet<Double>([.inside: .zeros([4, 2])])
    let objective = try PhysicsObjective(system, model: network, points: points)
    let error = #expect(throws: EquationError.self) { try objective.value(at: objective.parameterVector) }
    #expect(error?.description.contains("2 unknowns (u, v)") == true)
  }
}
