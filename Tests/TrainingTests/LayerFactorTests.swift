import AllocationCounter
import Ansatz
import Foundation
import Testing

private struct Shock: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(-1, 1) }
  var equations: [Equation] { [dt(u) + u * dx(u) == 0.05 * dx(dx(u))] }
  var conditions: [Condition] { [.initial(u == -sin(.pi * x)), .dirichlet(u == 0)] }
}

private struct HeldRod: Problem {
  var level = ScalarField.parameter("level", 0.3, in: -10...10)
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [-dx(dx(u)) == .pi * .pi * sin(.pi * x)] }
  var conditions: [Condition] { [.dirichlet(u == level, on: .left), .dirichlet(u == 0, on: .right)] }
}

private struct Oscillator: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dx(dx(u)) + 4 * u == 5 * exp(x)] }
  var conditions: [Condition] {
    [.dirichlet(u == 1, on: .left), .dirichlet(u == ScalarField(2.718281828459045), on: .right)]
  }
  var exact: [Equation] { [u == exp(x)] }
}

/// v = u′ and v′ = −u: two unknowns and two residuals at every point.
private struct Circle: Problem {
  let u = ScalarField.unknown("u")
  let v = ScalarField.unknown("v")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dx(u) == v, dx(v) == -u] }
  var conditions: [Condition] { [.dirichlet(u == 0, on: .left), .dirichlet(v == 1, on: .left)] }
}

/// Layers of which some are no affine maps with weights of their own.
private struct Mixed: Layer {
  typealias Scalar = Double
  let first: Dense<Double>
  let scaled: FactorizedDense<Double>
  @Parameter var slopes: Tensor<Double>
  let last: Dense<Double>

  init(_ inputs: Int, from stream: inout RandomStream) {
    first = Dense(inputs, 5, from: &stream)
    scaled = FactorizedDense(5, 4, from: &stream)
    slopes = Tensor([0.9, 1.1, 1.2, 0.8])
    last = Dense(4, 1, from: &stream)
  }

  func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> {
    last(tanh(scaled(tanh(first(x))) * slopes))
  }
}

@Suite("Statistics of affine maps")
struct LayerFactorTests {
  private static let factors = LayerStatistics.gaussNewton(denseLimit: 2048)

  private func objective<Core: Layer>(
    _ problem: some Problem, inside: Int = 7, boundary: Int = 3, isHard: Bool = false,
    _ core: (Int) -> Core
  ) throws -> PhysicsObjective<Double> where Core.Scalar == Double {
    let system = try PointwiseSystem(problem)
    let conditions = isHard ? try HardConditions(system) : nil
    let network = PhysicsNetwork(system, conditions: conditions, core: core)
    let task = try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(
        sampler: CollocationSampler(inside: inside, boundary: boundary, seed: 4), conditionWeight: 3),
      conditions: conditions?.remaining)
    return task.objective
  }

  private func perceptron(_ widths: [Int]) -> (Int) -> MLP<Double> {
    var stream = RandomStream(seed: 8)
    return { MLP([$0] + widths, from: &stream) }
  }

  private struct Statistics {
    let layout: LayerFactorLayout
    let factors, gradient: [Double]
    let loss: Double

    func matrix(_ factor: LayerFactorLayout.Factor) -> [Double] { Array(factors[factor.range]) }
  }

  private func statistics(
    _ objective: some LayerwiseObjective<Double>, _ x: Tensor<Double>,
    _ kind: LayerStatistics = LayerFactorTests.factors
  ) throws -> Statistics {
    let layout = try objective.layerFactorLayout(kind)
    var (gradient, factors) = (Tensor<Double>.zeros(x.shape), Tensor<Double>.zeros([layout.count]))
    let loss = try objective.valueAndGradient(at: x, gradient: &gradient, kind, into: &factors)
    return Statistics(layout: layout, factors: factors.elements, gradient: gradient.elements, loss: loss)
  }

  private func jacobian(_ objective: some LeastSquaresObjective<Double>, _ x: Tensor<Double>) throws
    -> [[Double]]
  {
    let (rows, columns) = (objective.residualCount, x.count)
    var (r, j) = (Tensor<Double>.zeros([rows]), Tensor<Double>.zeros([rows, columns]))
    try objective.jacobian(at: x, residuals: &r, jacobian: &j)
    let all = j.elements
    return (0..<rows).map { Array(all[$0 * columns..<($0 + 1) * columns]) }
  }

  /// Parameters away from the zeros that biases begin with.
  private func moved(_ x: Tensor<Double>) -> Tensor<Double> {
    Tensor(x.elements.enumerated().map { $1 + 0.1 * sin(Double(3 * $0 + 1)) })
  }

  /// The largest difference between A ⊗ B and Jᵀ J of a map, over the largest element.
  private func error(
    _ statistics: Statistics, group: Int, layer: Int, rows: [[Double]], withBias: Bool = true
  ) -> Double {
    let map = statistics.layout.layers[layer]
    let (m, n) = (map.inputOrder, map.outputs)
    let a = statistics.matrix(statistics.layout.inputs(group, layer))
    let b = statistics.matrix(statistics.layout.outputs(group, layer))
    let places =
      map.weight.map { $0 } + (withBias ? map.bias?.map { $0 } ?? [] : [])
    var (difference, largest) = (0.0, 0.0)
    for (p, i) in places.enumerated() {
      for (q, j) in places.enumerated() {
        let exact = rows.reduce(0) { $0 + $1[i] * $1[j] }
        difference = max(difference, abs(exact - a[p / n * m + q / n] * b[p % n * n + q % n]))
        largest = max(largest, abs(exact))
      }
    }
    return difference / largest
  }

  @Test("gradients are those of the loss, and forms those of its Jacobian")
  func gradients() throws {
    func check(_ objective: PhysicsObjective<Double>, layers: Int, others: Int) throws {
      let x = moved(objective.parameterVector)
      var gradient = Tensor<Double>.zeros(x.shape)
      let loss = try objective.valueAndGradient(at: x, gradient: &gradient)
      for kind in [Self.factors, .gaussNewton(denseLimit: 4), .moments] {
        let own = try statistics(objective, x, kind)
        #expect(abs(own.loss - loss) <= 1e-13 * loss)
        let scale = gradient.maxMagnitude()
        #expect((gradient - Tensor(own.gradient)).maxMagnitude() <= 1e-12 * scale)
        #expect(own.layout.layers.count == layers)
        #expect(own.factors.allSatisfy { $0.isFinite })
      }
      let layout = try objective.layerFactorLayout(Self.factors)
      #expect(layout.others.reduce(0) { $0 + $1.count } == others)
      let rows = try jacobian(objective, x)
      let (u, v) = (moved(x), moved(x * x))
      func product(_ v: Tensor<Double>) -> [Double] {
        rows.map { row in zip(row, v.elements).reduce(0) { $0 + $1.0 * $1.1 } }
      }
      func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      let form = try objective.gaussNewtonForm(at: x, u, v)
      let (a, b) = (product(u), product(v))
      for (found, exact) in [(form.uu, inner(a, a)), (form.uv, inner(a, b)), (form.vv, inner(b, b))] {
        #expect(abs(found - exact) <= 1e-11 * inner(a, a) + 1e-11 * inner(b, b))
      }
      // What is of no map has the diagonal of Jᵀ J.
      let own = try statistics(objective, x)
      for (place, i) in layout.others.flatMap({ $0 }).enumerated() {
        let exact = rows.reduce(0) { $0 + $1[i] * $1[i] }
        #expect(abs(own.factors[layout.othersStart + place] - exact) <= 1e-12 * exact)
      }
    }
    try check(objective(Shock(), perceptron([6, 5, 1])), layers: 3, others: 0)
    try check(objective(Shock(), isHard: true, perceptron([6, 5, 1])), layers: 3, others: 0)
    try check(objective(Circle(), perceptron([6, 2])), layers: 2, others: 0)
    var stream = RandomStream(seed: 5)
    // V, s, b of the scaled layer, and the slopes.
    try check(objective(Shock()) { Mixed($0, from: &stream) }, layers: 2, others: 20 + 4 + 4 + 4)
    // Frequencies are a map without bias; a block's factorized layers and its share are of no map.
    let pirate = try objective(Shock()) {
      PirateNet<Double>(inputs: $0, width: 6, blocks: 1, outputs: 1, from: &stream)
    }
    try check(pirate, layers: 1 + 2 + 1, others: 3 * 48 + 1)
    #expect(try pirate.layerFactorLayout(Self.factors).layers[0].bias == nil)
  }

  @Test("a free parameter of the problem is of no map")
  func freeParameter() throws {
    let system = try PointwiseSystem(HeldRod(), free: ["level"])
    let network = PhysicsNetwork(system, core: perceptron([4, 1]))
    let task = try PhysicsTask(
      system, network: network, settings: TrainingPoints(sampler: CollocationSampler(inside: 5, boundary: 1)))
    let x = moved(task.objective.parameterVector)
    let own = try statistics(task.objective, x)
    #expect(own.layout.others == [x.count - 1..<x.count])
    // u − level at one point, of weight 1.
    #expect(abs(own.factors[own.layout.othersStart] - 1) <= 1e-14)
  }

  @Test("one row of one residual: A ⊗ B is the block of Jᵀ J")
  func single() throws {
    // Conditions at single points have one channel, the value.
    let objective = try objective(Oscillator(), boundary: 1, perceptron([5, 4, 1]))
    let x = moved(objective.parameterVector)
    let (own, rows) = (try statistics(objective, x), try jacobian(objective, x))
    #expect(own.layout.groups == ["equation", "left", "right"])
    for group in 1...2 {
      for layer in own.layout.layers.indices {
        #expect(error(own, group: group, layer: layer, rows: [rows[6 + group]]) <= 1e-13)
      }
    }
    // Two outputs are two residuals, with one row z each.
    var stream = RandomStream(seed: 3)
    let model = MLP<Double>([3, 4, 2], from: &stream)
    let supervised = SupervisedObjective(model, inputShape: [1, 3], targetShape: [1, 2])
    let (input, target) = ([0.3, -0.5, 0.9], [1.0, -2])
    try input.withUnsafeBufferPointer { input in
      try target.withUnsafeBufferPointer { target in
        supervised.bind(input: input.baseAddress!, target: target.baseAddress!)
        let x = moved(
          Tensor(model.trainableParameters.flatMap { $0.parameter.wrappedValue.elements }))
        let (own, rows) = (try statistics(supervised, x), try jacobian(supervised, x))
        for layer in 0...1 { #expect(error(own, group: 0, layer: layer, rows: rows) <= 1e-13) }
        var gradient = Tensor<Double>.zeros(x.shape)
        _ = try supervised.valueAndGradient(at: x, gradient: &gradient)
        #expect((gradient - Tensor(own.gradient)).maxMagnitude() <= 1e-14)
      }
    }
  }

  @Test("the last layer of a linear equation with one channel is exact for any number of points")
  func lastLayer() throws {
    let objective = try objective(HeldRod(), perceptron([5, 4, 1]))
    let x = moved(objective.parameterVector)
    let (own, rows) = (try statistics(objective, x), try jacobian(objective, x))
    #expect(error(own, group: 0, layer: 2, rows: Array(rows[..<7])) <= 1e-13)
    // Second derivatives do not know the bias.
    let a = own.matrix(own.layout.inputs(0, 2))
    #expect((0..<5).allSatisfy { a[4 * 5 + $0] == 0 && a[$0 * 5 + 4] == 0 })
  }

  @Test("channels of a residual are pooled: means of z zᵀ, sums of slopes")
  func channels() throws {
    // 4 u + u″ of u = Σ vₖ tanh(wₖ ξ + bₖ) + c with ξ = 2 x − 1: z = tanh a and z″ = −2 (2 w)² tanh a (1 − tanh² a).
    let objective = try objective(Oscillator(), inside: 6, perceptron([3, 1]))
    let x = moved(objective.parameterVector)
    let own = try statistics(objective, x)
    let p = x.elements
    let points = objective.points(at: .inside).elements
    var expected = [Double](repeating: 0, count: 16)
    for point in points {
      var (z, curved) = ([0.0, 0, 0, 1], [0.0, 0, 0, 0])
      for k in 0..<3 {
        let value = tanh(p[k] * (2 * point - 1) + p[3 + k])
        (z[k], curved[k]) = (value, -8 * p[k] * p[k] * value * (1 - value * value))
      }
      for i in 0..<4 { for j in 0..<4 { expected[i * 4 + j] += (z[i] * z[j] + curved[i] * curved[j]) / 12 } }
    }
    let a = own.matrix(own.layout.inputs(0, 1))
    for (found, exact) in zip(a, expected) { #expect(abs(found - exact) <= 1e-12 * expected.max()!) }
    // Slopes 4 and 1 for each of six residuals over √6.
    #expect(abs(own.matrix(own.layout.outputs(0, 1))[0] - 17) <= 1e-12)
    // The first layer: z = (ξ, 1) and z′ = (2, 0); no second derivative goes into it.
    let first = own.matrix(own.layout.inputs(0, 0))
    let xi = points.map { 2 * $0 - 1 }
    let plain = [xi.reduce(0) { $0 + $1 * $1 + 4 } / 12, xi.reduce(0, +) / 12, xi.reduce(0, +) / 12, 0.5]
    for (found, exact) in zip(first, plain) { #expect(abs(found - exact) <= 1e-13) }
  }

  @Test("large factors are diagonals, and moments are those of the loss")
  func diagonals() throws {
    let objective = try objective(Shock(), perceptron([6, 5, 1]))
    let x = moved(objective.parameterVector)
    let (full, part) = (
      try statistics(objective, x), try statistics(objective, x, .gaussNewton(denseLimit: 6))
    )
    for group in full.layout.groups.indices {
      for layer in full.layout.layers.indices {
        for (a, b) in [
          (full.layout.inputs(group, layer), part.layout.inputs(group, layer)),
          (full.layout.outputs(group, layer), part.layout.outputs(group, layer)),
        ] {
          #expect(b.isDiagonal == (b.order > 6))
          let (matrix, other) = (full.matrix(a), part.matrix(b))
          for i in 0..<a.order {
            let exact = matrix[i * (a.order + 1)]
            #expect(abs(other[i * (b.isDiagonal ? 1 : b.order + 1)] - exact) <= 1e-13 * max(exact, 1e-6))
          }
        }
      }
    }
    let moments = try statistics(objective, x, .moments)
    #expect(moments.layout.groups == ["loss"] && moments.layout.others.isEmpty)
    // Of a net without derivatives: s of the last layer is the mean square of r/√N over points.
    let data = SupervisedObjective(
      Dense<Double>(weight: Tensor(shape: [2, 1], [0.5, -1]), bias: Tensor([0.2])), inputShape: [3, 2],
      targetShape: [3, 1])
    let (input, target) = ([1.0, 2, -1, 0.5, 3, -2], [0.1, 0.4, -0.3])
    try input.withUnsafeBufferPointer { input in
      try target.withUnsafeBufferPointer { target in
        data.bind(input: input.baseAddress!, target: target.baseAddress!)
        let own = try statistics(data, Tensor([0.5, -1, 0.2]), .moments)
        // Outputs −1.3, −0.8, 3.7; slopes are differences over 3.
        let slopes = [-1.4, -1.2, 4.0].map { $0 / 3 }
        let expected = [11.0 / 3, 8.25 / 3, 1, slopes.reduce(0) { $0 + $1 * $1 } / 3]
        #expect(own.factors.count == 4)
        for (found, exact) in zip(own.factors, expected) { #expect(abs(found - exact) <= 1e-14) }
      }
    }
  }

  @Test("what cannot be offered is refused in a sentence")
  func refused() throws {
    var stream = RandomStream(seed: 3)
    let wide = SupervisedObjective(
      Dense<Double>(3, 65, from: &stream), inputShape: [2, 3], targetShape: [2, 65])
    let relative = SupervisedObjective(
      Dense<Double>(3, 2, from: &stream), loss: .relativeL2, inputShape: [2, 3], targetShape: [2, 2])
    #expect(throws: TrainingError.self) { try wide.layerFactorLayout(Self.factors) }
    #expect(throws: TrainingError.self) { try relative.layerFactorLayout(Self.factors) }
    #expect(try wide.layerFactorLayout(.moments).layers.count == 1)
    #expect(try relative.layerFactorLayout(.moments).layers.count == 1)
  }

  @Test("KFAC solves an equation in few steps, with the same bits on one thread and without allocating")
  func training() throws {
    func objective() throws -> PhysicsObjective<Double> {
      try self.objective(Oscillator(), inside: 60, boundary: 1, perceptron([16, 16, 1]))
    }
    func path(_ steps: Int) throws -> (x: Tensor<Double>, loss: Double) {
      let objective = try objective()
      var (kfac, x) = (KFAC<Double>(), objective.parameterVector)
      for _ in 0..<steps { _ = try kfac.layerwiseStep(objective, at: &x) }
      return (x, try objective.value(at: x))
    }
    let (x, loss) = try path(120)
    #expect(loss <= 1e-6, "\(loss)")
    nonisolated(unsafe) var serial: Tensor<Double>?
    // A region inside a region runs serially.
    WorkerPool.shared.forEach(tiles: 2) { tile, _ in if tile == 0 { serial = try? path(120).x } }
    #expect(serial?.elements == x.elements)

    let own = try objective()
    for step in [KFACStep.automatic, .gridSearch()] {
      var (kfac, x) = (KFAC<Double>(step: step), own.parameterVector)
      for _ in 0..<4 { _ = try kfac.layerwiseStep(own, at: &x) }
      let before = allocation_count()
      for _ in 0..<4 { _ = try kfac.layerwiseStep(own, at: &x) }
      #expect(allocation_count() - before == 0)
    }
  }

  @Test("AdaFisher trains on an equation and on data, whatever the loss of data is")
  func diagonal() throws {
    let physics = try objective(Oscillator(), inside: 40, boundary: 1, perceptron([16, 16, 1]))
    func decrease(_ objective: some LayerwiseObjective<Double>, _ start: Tensor<Double>, rate: Double) throws
      -> Double
    {
      var (method, x) = (AdaFisher<Double>(rate: .constant(rate), refreshInterval: 10), start)
      let before = try objective.value(at: x)
      for _ in 0..<300 { _ = try method.layerwiseStep(objective, at: &x) }
      return try objective.value(at: x) / before
    }
    #expect(try decrease(physics, physics.parameterVector, rate: 1e-4) <= 0.3)
    var stream = RandomStream(seed: 6)
    let (input, target): ([Double], [Double]) = (
      (0..<40).map { sin(Double($0)) }, (0..<20).map { 2 + cos(Double(2 * $0)) }
    )
    for loss in SupervisedLoss.allCases {
      let model = MLP<Double>([2, 8, 1], from: &stream)
      let data = SupervisedObjective(model, loss: loss, inputShape: [20, 2], targetShape: [20, 1])
      let start = Tensor(model.trainableParameters.flatMap { $0.parameter.wrappedValue.elements })
      try input.withUnsafeBufferPointer { input in
        try target.withUnsafeBufferPointer { target in
          data.bind(input: input.baseAddress!, target: target.baseAddress!)
          let ratio = try decrease(data, start, rate: 1e-3)
          #expect(ratio <= 0.5)
        }
      }
    }
  }

  @Test("parameters in single precision, whose factors are decomposed in doubles")
  func single32() throws {
    let system = try PointwiseSystem(Oscillator())
    var stream = RandomStream(seed: 8)
    let network = PhysicsNetwork(system) { MLP<Float>([$0, 16, 16, 1], from: &stream) }
    let task = try PhysicsTask(
      system, network: network, settings: TrainingPoints(sampler: CollocationSampler(inside: 60, boundary: 1))
    )
    var (kfac, x) = (KFAC<Float>(damping: 1e-8), task.initialParameters)
    for _ in 0..<120 { _ = try kfac.layerwiseStep(task.objective, at: &x) }
    #expect(try task.objective.value(at: x) <= 1e-4)
  }
}
