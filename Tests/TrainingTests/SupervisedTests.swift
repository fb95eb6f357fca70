import Ansatz
import Foundation
import Testing

@Suite("Training on data")
struct SupervisedTests {
  /// y = A x + b for random x, as .npy files in a folder.
  private func linear(_ count: Int, in folder: URL) throws -> (
    data: Dataset, a: Tensor<Double>, b: Tensor<Double>
  ) {
    var stream = RandomStream(seed: 11)
    let x = Tensor<Double>.randomUniform([count, 3], in: -1..<1, from: &stream)
    let a = Tensor<Double>(shape: [3, 2], [0.3, -1.2, 2, 0.7, -0.4, 1.1])
    let b = Tensor<Double>([0.25, -0.5])
    let y = matmul(x, a) + b
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let (first, second) = (folder.appendingPathComponent("x.npy"), folder.appendingPathComponent("y.npy"))
    try NPY.write(NumericArray(shape: x.shape, x.elements), to: first)
    try NPY.write(NumericArray(shape: y.shape, y.elements), to: second)
    return (try Dataset([first, second]), a, b)
  }

  private func folder() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("ansatz-supervised-\(UUID().uuidString)")
  }

  private func task(_ data: Dataset, batch: Int = 32, loss: SupervisedLoss = .meanSquare) throws
    -> SupervisedTask<Dense<Double>>
  {
    var stream = RandomStream(seed: 2)
    return try SupervisedTask(
      Dense<Double>(3, 2, from: &stream), data: data, input: "x", target: "y", loss: loss, batchSize: batch,
      validation: 0.2, test: 0.1, seed: 5)
  }

  @Test(
    "a linear map is learned to 1e-8 by any optimizer",
    arguments: [
      ("adam:4000@3e-2+cosine", 32, 4000), ("sgd@0.3", 32, 1500), ("nesterov@0.3", 32, 1500),
      ("amsgrad:4000@3e-2+cosine+clip=10", 32, 4000), ("schedule-free-sgd@2", 32, 4000), ("lbfgs", 1000, 60),
      ("ssbroyden", 1000, 80), ("lm", 1000, 20), ("gn", 1000, 3),
    ] as [(String, Int, Int)])
  func linearMap(optimizer: String, batch: Int, steps: Int) throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (data, a, b) = try linear(400, in: folder)
    let task = try task(data, batch: batch)
    let result = try Trainer(
      task, optimizer: try OptimizerText.optimizer(optimizer, Double.self),
      settings: .init(steps: steps, measuresEvery: 20)
    ).run()
    #expect(result.best! <= 1e-8, "\(optimizer): \(result.best!)")
    #expect(try task.error(on: task.split.test, at: result.bestParameters) <= 1e-8)
    let weight = task.model.namedParameters[0].parameter.wrappedValue
    let bias = task.model.namedParameters[1].parameter.wrappedValue
    let expected = weight.shape == [3, 2] ? a : a.transposed([1, 0])
    #expect((weight - expected).maxMagnitude() <= 1e-7 && (bias - b).maxMagnitude() <= 1e-7)
  }

  @Test("gradients and Jacobians of both losses", arguments: SupervisedLoss.allCases)
  func derivatives(loss: SupervisedLoss) throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let task = try task(try linear(90, in: folder).data, loss: loss)
    let x = task.initialParameters
    _ = try task.prepare(step: 3, at: x)
    let numbers = task.loader.sampleNumbers(3)
    var gradient = Tensor<Double>.zeros(x.shape)
    let value = try task.objective.valueAndGradient(at: x, gradient: &gradient)
    // The loss by hand, from the data.
    let data = try linear(90, in: folder)
    var (inputs, targets) = ([Double](repeating: 0, count: 270), [Double](repeating: 0, count: 180))
    try data.data.array("x").copy(from: 0, count: 270, to: &inputs)
    try data.data.array("y").copy(from: 0, count: 180, to: &targets)
    let all = Tensor<Double>(shape: [90, 3], inputs).gathering(numbers)
    let wanted = Tensor<Double>(shape: [90, 2], targets).gathering(numbers)
    let difference = task.model(all) - wanted
    var expected = 0.5 * difference.squared.mean(axes: nil).elements[0]
    if loss == .relativeL2 {
      let ratios = difference.squared.sum(axes: [1]) / wanted.squared.sum(axes: [1])
      expected = sqrt(ratios).mean(axes: nil).elements[0]
    }
    #expect(abs(value - expected) <= 1e-13 * expected)
    var stream = RandomStream(seed: 1)
    let direction = Tensor<Double>.randomUniform(x.shape, in: -1..<1, from: &stream)
    let h = 1e-5
    let slope =
      (try task.objective.value(at: x + direction * h) - task.objective.value(at: x - direction * h))
      / (2 * h)
    #expect(abs(gradient.dot(direction) - slope) <= 1e-8 * (1 + abs(slope)))
    var residuals = Tensor<Double>.zeros([task.objective.residualCount])
    var jacobian = Tensor<Double>.zeros([task.objective.residualCount, x.count])
    if loss == .relativeL2 {
      #expect(throws: TrainingError.self) { try task.objective.residuals(at: x, into: &residuals) }
    } else {
      try task.objective.jacobian(at: x, residuals: &residuals, jacobian: &jacobian)
      #expect(abs(0.5 * residuals.dot(residuals) - value) <= 1e-13 * value)
      #expect((matmul(residuals, jacobian) - gradient).maxMagnitude() <= 1e-13)
    }
  }

  @Test(
    "a training on data goes on with the same bits at any step",
    arguments: ["adam+ema=0.9", "sgd+plateau=0.5:3", "lbfgs", "adam:9,newton-cg"], SupervisedLoss.allCases)
  func resume(optimizer: String, loss: SupervisedLoss) throws {
    let folder = folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try linear(90, in: folder).data
    func run(_ files: TrainingFolder?, until last: Int? = nil, resuming: Bool = false) throws
      -> Trainer<SupervisedTask<Dense<Double>>>.Result
    {
      try Trainer(
        task(data, batch: 16, loss: loss), optimizer: OptimizerText.optimizer(optimizer, Double.self),
        settings: .init(steps: 20, measuresEvery: 4), folder: files
      ).run(resuming: resuming) { $0.step == last ? "enough" : nil }
    }
    let whole = try run(nil)
    for stop in [1, 7, 13] {
      let files = TrainingFolder(folder.appendingPathComponent("run-\(stop)"))
      try files.create()
      _ = try run(files, until: stop)
      let resumed = try run(files, resuming: true)
      #expect(resumed.steps == 20 && resumed.parameters == whole.parameters)
      #expect(resumed.metrics.series("loss") == whole.metrics.series("loss"))
    }
  }

  @Test("shapes that do not fit, and targets without a norm, are named")
  func refusals() throws {
    var stream = RandomStream(seed: 3)
    let data = Dataset([
      "x": Tensor<Double>.randomUniform([20, 3], in: -1..<1, from: &stream),
      "y": Tensor<Double>.ones([20, 2]),
      "zero": Tensor<Double>(shape: [20], (0..<20).map { $0 == 13 ? 0 : 1 }),
    ])
    let narrow = try SupervisedTask(
      Dense<Double>(3, 1, from: &stream), data: data, input: "x", target: "y", batchSize: 6)
    let error = #expect(throws: TrainingError.self) {
      try Trainer(narrow, optimizer: Adam<Double>(), settings: .init(steps: 2)).run()
    }
    #expect(error?.description.contains("[6, 1]") == true && error?.description.contains("[6, 2]") == true)
    let zero = #expect(throws: TrainingError.self) {
      try SupervisedTask(
        Dense<Double>(3, 1, from: &stream), data: data, input: "x", target: "zero", loss: .relativeL2)
    }
    #expect(zero?.description.contains("sample 13 of 'zero'") == true)
  }

  @Test(
    "products with the Hessian and the Gauss-Newton matrix of both losses", arguments: SupervisedLoss.allCases
  )
  func curvature(loss: SupervisedLoss) throws {
    var stream = RandomStream(seed: 4)
    let (n, width) = (7, 3)
    let model = MLP<Double>([2, 5, width], from: &stream)
    let inputs = Tensor<Double>.randomNormal([n, 2], from: &stream)
    let targets = Tensor<Double>.randomNormal([n, width], from: &stream)
    func objective(_ loss: SupervisedLoss) -> SupervisedObjective<Double> {
      SupervisedObjective(model, loss: loss, inputShape: [n, 2], targetShape: [n, width])
    }
    let (own, square) = (objective(loss), objective(.meanSquare))
    let parameters = model.trainableParameters.map(\.parameter.wrappedValue)
    let x = Tensor.concatenated(parameters.map { $0.reshaped([$0.count]) })
    let v = Tensor<Double>.randomNormal(x.shape, from: &stream)
    try inputs.withUnsafeBufferPointer { input in
      try targets.withUnsafeBufferPointer { target in
        for one in [own, square] { one.bind(input: input.baseAddress!, target: target.baseAddress!) }
        var (product, up, down) = (x + 0, x + 0, x + 0)
        let h = 1e-6
        _ = try own.valueAndGradient(at: x + v * h, gradient: &up)
        _ = try own.valueAndGradient(at: x - v * h, gradient: &down)
        try own.hessianProduct(at: x, v, into: &product)
        #expect((product - (up - down) / (2 * h)).maxMagnitude() < 1e-7)

        // Jᵀ C J v with C by hand: the loss is a mean of ‖d‖/‖y‖, or half one of squares.
        var r = Tensor<Double>.zeros([n * width])
        var j = Tensor<Double>.zeros([n * width, x.count])
        try square.jacobian(at: x, residuals: &r, jacobian: &j)
        let pushed = matmul(j, v.reshaped([x.count, 1])).elements
        var curved = pushed
        if loss == .relativeL2 {
          // Residuals are d / √(n width).
          let scale = Double(n * width)
          for sample in 0..<n {
            let rows = sample * width..<(sample + 1) * width
            let d = rows.map { r.elements[$0] * scale.squareRoot() }
            let size = d.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let norm = rows.reduce(0) { $0 + targets.elements[$1] * targets.elements[$1] }.squareRoot()
            let along = zip(rows, d).reduce(0) { $0 + pushed[$1.0] * $1.1 }
            for (row, part) in zip(rows, d) {
              curved[row] =
                scale * (pushed[row] / size - part * along / (size * size * size)) / (norm * Double(n))
            }
          }
        }
        try own.gaussNewtonProduct(at: x, v, into: &product)
        let expected = matmul(Tensor(shape: [1, n * width], curved), j).reshaped(x.shape)
        #expect((product - expected).maxMagnitude() < 1e-9 * (1 + expected.maxMagnitude()))
      }
    }
  }
}
