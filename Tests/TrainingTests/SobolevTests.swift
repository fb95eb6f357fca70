import Ansatz
import Foundation
import Testing

@Suite("Losses in Sobolev metrics")
struct SobolevTests {
  /// A linear model from 3 numbers to fields of two channels on a grid.
  private struct Fields: Layer {
    typealias Scalar = Double
    @Parameter var weight: Tensor<Double>
    let shape: [Int]

    init(_ shape: [Int]) {
      self.shape = shape
      var stream = RandomStream(seed: 4)
      weight = .randomUniform([3, 2 * shape.reduce(1, *)], in: -1..<1, from: &stream)
    }

    func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> {
      tanh(matmul(x, weight)).reshaped([x.shape[0], 2] + shape)
    }
  }

  static let grids: [GridLaplacian] = [
    GridLaplacian(periodic: [6], lengths: [1]),
    GridLaplacian(axes: [GridAxis(count: 5, spacing: 0.2, boundary: .dirichlet)], placement: .vertices),
    GridLaplacian(
      axes: [
        GridAxis(count: 4, spacing: 0.3, boundary: .neumann),
        GridAxis(count: 3, spacing: 0.5, boundary: .periodic),
      ], placement: .vertices),
  ]

  private func batch(_ grid: GridLaplacian, samples: Int) -> (input: Tensor<Double>, target: Tensor<Double>) {
    var stream = RandomStream(seed: 9)
    return (
      .randomUniform([samples, 3], in: -1..<1, from: &stream),
      .randomUniform([samples, 2] + grid.shape, in: -1..<1, from: &stream)
    )
  }

  @Test("value, gradient and residuals are those of ½ ⟨r, P r⟩", arguments: grids.indices, [-1.0, 0.5, 1])
  func loss(grid: Int, order: Double) throws {
    let laplacian = Self.grids[grid]
    let metric = SobolevMetric(laplacian, order: order, length: 0.4)
    let model = Fields(laplacian.shape)
    let (input, target) = batch(laplacian, samples: 5)
    let objective = try SobolevObjective(
      model, metric: metric, inputShape: input.shape, targetShape: target.shape)
    #expect(objective.layout.segments.map(\.name) == ["weight"])
    let x = model.weight.reshaped([model.weight.count])
    var gradient = Tensor<Double>.zeros(x.shape)
    var residuals = Tensor<Double>.zeros([objective.residualCount])
    var jacobian = Tensor<Double>.zeros([objective.residualCount, x.count])
    let direction = sin(x * 7)
    var curved = x + 0
    let value = try withExtendedLifetime((input, target)) {
      try input.withUnsafeBufferPointer { i in
        try target.withUnsafeBufferPointer { t in
          objective.bind(input: i.baseAddress!, target: t.baseAddress!)
          try objective.jacobian(at: x, residuals: &residuals, jacobian: &jacobian)
          try objective.gaussNewtonProduct(at: x, direction, into: &curved)
          return try objective.valueAndGradient(at: x, gradient: &gradient)
        }
      }
    }
    // Densely: P by its action on differences, in the weighted product of the grid.
    let difference = model(input) - target
    let weights = Tensor(
      shape: laplacian.shape, laplacian.pointWeights ?? [Double](repeating: 1, count: laplacian.count))
    let smooth = metric.applied(to: difference)
    let product: Tensor<Double> = difference * weights * smooth
    let expected = 0.5 * product.mean(axes: nil).elements[0]
    #expect(abs(value - expected) < 1e-12 * (1 + expected))
    #expect(abs(0.5 * residuals.dot(residuals) - value) < 1e-12 * (1 + value))
    #expect((matmul(residuals, jacobian) - gradient).maxMagnitude() < 1e-12 * (1 + value))
    let pushed = matmul(jacobian, direction.reshaped([x.count, 1])).reshaped([residuals.count])
    #expect((matmul(pushed, jacobian) - curved).maxMagnitude() < 1e-12 * (1 + curved.maxMagnitude()))
    // The gradient with respect to outputs is w P r over their number; the rest by hand.
    let scale = 1 / Double(difference.count)
    let outer: Tensor<Double> = weights * smooth * scale
    let output = model(input)
    let slope: Tensor<Double> = 1 - output.squared
    let slopes = (outer * slope).reshaped([5, model.weight.shape[1]])
    let byHand = matmul(input.transposed, slopes)
    #expect((gradient - byHand.reshaped(x.shape)).maxMagnitude() < 1e-12 * (1 + value))
  }

  @Test(
    "a loss through the Sobolev gradient keeps its value and smooths its gradient", arguments: grids.indices)
  func gradient(grid: Int) throws {
    let laplacian = Self.grids[grid]
    let metric = SobolevMetric(laplacian, order: 1, length: 0.4)
    let (_, field) = batch(laplacian, samples: 3)
    func program(_ isSmooth: Bool) -> Program<Double> {
      Program([.batched(field.shape)]) { values in
        let u = isSmooth ? metric.withSobolevGradient(values[0]) : values[0]
        // No sum of squares.
        let loss = (exp(u) + u * u * u * u).sum(axes: nil)
        return [loss] + gradients(of: loss, withRespectTo: [values[0]])
      }
    }
    var results: [(Double, Tensor<Double>)] = []
    for isSmooth in [false, true] {
      let program = program(isSmooth)
      field.withUnsafeBufferPointer {
        program.bind(0, $0.baseAddress!)
        program.run()
      }
      results.append((program.output(0)[0], Tensor(shape: field.shape, Array(program.output(1)))))
    }
    #expect(results[0].0 == results[1].0)
    let weights = Tensor(
      shape: laplacian.shape, laplacian.pointWeights ?? [Double](repeating: 1, count: laplacian.count))
    let wanted = weights * metric.applied(to: results[0].1 / weights)
    #expect((results[1].1 - wanted).maxMagnitude() < 1e-12 * wanted.maxMagnitude())
  }

  @Test(
    "fine waves and coarse ones are learned at one rate, where the plain loss leaves the coarse ones behind")
  func rates() throws {
    // The model is L^{-1} of what is trained: its coarse waves are k² times larger than fine ones in the output.
    let laplacian = GridLaplacian(periodic: [16], lengths: [2 * .pi])
    let scale = SobolevMetric(laplacian, order: 1, form: .homogeneous)
    struct Inverse: Layer {
      typealias Scalar = Double
      @Parameter var field: Tensor<Double>
      let map: SobolevMetric
      func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> {
        map.applied(to: (x * 0).sum(axes: [1]).reshaped([x.shape[0], 1]) + field)
      }
    }
    var stream = RandomStream(seed: 1)
    let model = Inverse(field: .zeros([16]), map: scale)
    let wanted = Tensor<Double>.randomNormal([16], from: &stream)
    let target = scale.applied(to: wanted.reshaped([1, 16]))
    let input = Tensor<Double>.ones([1, 3])
    // With the order −2 the loss is that of L of the outputs: all waves alike, one step of descent.
    let objective = try SobolevObjective(
      model, metric: SobolevMetric(laplacian, order: -2, form: .homogeneous), inputShape: [1, 3],
      targetShape: [1, 16])
    var (method, x) = (SGD<Double>(rate: 16), Tensor<Double>.zeros([16]))
    try input.withUnsafeBufferPointer { i in
      try target.withUnsafeBufferPointer { t in
        objective.bind(input: i.baseAddress!, target: t.baseAddress!)
        _ = try method.step(objective, at: &x)
      }
    }
    #expect((x - wanted).maxMagnitude() < 1e-12)
  }

  @Test("a task in a metric trains, resumes with the same bits, and names targets that do not fit")
  func task() throws {
    let laplacian = Self.grids[0]
    let teacher = Fields(laplacian.shape)
    teacher.weight = teacher.weight * 0.5 + 0.1
    var stream = RandomStream(seed: 2)
    let input = Tensor<Double>.randomUniform([40, 3], in: -1..<1, from: &stream)
    let data = Dataset(["x": input, "y": teacher(input)])
    func task() throws -> SobolevTask<Fields> {
      try SobolevTask(
        SupervisedTask(Fields(laplacian.shape), data: data, input: "x", target: "y", batchSize: 16, seed: 5),
        metric: SobolevMetric(laplacian, order: -1, length: 0.2))
    }
    func run(_ task: SobolevTask<Fields>, steps: Int) throws -> Tensor<Double> {
      var (method, x) = (Adam<Double>(rate: 3e-2), task.initialParameters)
      for step in 0..<steps {
        _ = try task.prepare(step: step, at: x)
        _ = try method.step(task.objective, at: &x)
      }
      return x
    }
    let trained = try task()
    let before = try trained.validate(at: trained.initialParameters)[0].value
    let x = try run(trained, steps: 400)
    let after = try trained.validate(at: x)[0].value
    #expect(after < 0.02 * before, "\(before) to \(after)")
    #expect(try run(task(), steps: 400) == x)
    #expect(trained.terms[0].name == "sobolev" && trained.terms[0].loss > 0)
    let error = #expect(throws: TrainingError.self) {
      try SobolevTask(
        SupervisedTask(
          Fields([7]), data: Dataset(["x": input, "y": Fields([7])(input)]), input: "x", target: "y"),
        metric: SobolevMetric(laplacian, order: 1))
    }
    #expect(error?.description.contains("[6]") == true)
  }
}
