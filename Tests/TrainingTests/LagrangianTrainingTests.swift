import Ansatz
import Foundation
import Testing

@Suite("Training of Lagrangian networks")
struct LagrangianTrainingTests {
  typealias Task = LagrangianTask<MLP<Double>, MLP<Double>>

  private func task(
    _ problem: some Problem, until: Double = 1, hidden: [Int] = [10], positionHidden: [Int]? = nil,
    inside: Int = 150, renewsEvery: Int? = nil, derivatives: LagrangianDerivatives = .positions,
    motion: LabelMotion = .diffusive, seed: UInt64 = 2
  ) throws -> Task {
    let system = try PointwiseSystem(problem)
    let lagrangian = try LagrangianSystem(system, until: until, derivatives: derivatives, motion: motion)
    let conditions = try HardConditions(lagrangian.labels, until: until)
    var stream = RandomStream(seed: seed)
    let network = lagrangian.network(
      conditions: conditions,
      state: { MLP<Double>([$0] + hidden + [system.unknowns.count], from: &stream) },
      position: { MLP<Double>([$0] + (positionHidden ?? hidden) + [system.dimension], from: &stream) })
    return try LagrangianTask(
      lagrangian, network: network,
      settings: TrainingPoints(
        sampler: CollocationSampler(pattern: .residual, inside: inside, boundary: 20, seed: seed),
        renewsEvery: renewsEvery, until: until), conditions: conditions.remaining)
  }

  private func train(_ task: Task, steps: Int) throws -> Trainer<Task>.Result {
    try Trainer(
      task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: steps, measuresEvery: steps)
    ).run()
  }

  @Test("fast convection is learned in few steps, whatever its speed", arguments: [-30.0, 0.5, 80])
  func convection(speed: Double) throws {
    let problem = Convection(speed: ScalarField(speed))
    let task = try task(problem)
    let result = try train(task, steps: 12)
    #expect(try #require(result.error) < 1e-4, "\(String(describing: result.error))")
    let solution = try task.solution(of: problem, points: [64], frames: 5)
    #expect(try solution.last.exactErrors[0].value < 1e-4)
    #expect(try solution.field("residual").maxNorm < 1e-2)
    #expect(abs(try solution.field("u")(1.2345)[0] - Foundation.sin(1.2345 - speed)) < 1e-3)
  }

  @Test("Burgers' equation with the label Jacobian, and without it")
  func burgers() throws {
    let problem = BurgersColeHopf(viscosity: 0.3, amplitude: 0.6)
    func error(_ derivatives: LagrangianDerivatives, _ motion: LabelMotion) throws -> Double {
      let task = try task(
        problem, hidden: [10, 10], inside: 300, renewsEvery: 10, derivatives: derivatives, motion: motion)
      return try #require(try train(task, steps: 40).error)
    }
    let wrong = try error(.labels, .material)
    for motion in LabelMotion.allCases {
      let right = try error(.positions, motion)
      #expect(right < 4e-3, "\(motion): \(right)")
      #expect(wrong > 5 * right, "\(wrong) beside \(right)")
    }
  }

  @Test("in a front diffusing labels keep a distance, and the field is that of the spectral solution")
  func front() throws {
    let problem = Burgers(viscosity: 0.04)
    let own = try task(problem, hidden: [12, 12], inside: 350, renewsEvery: 5)
    _ = try train(own, steps: 40)
    let report = try #require(own.crossing)
    // Carried by u alone they come within e^(−∫ u_x dt) < 10⁻³ of each other.
    #expect(report.smallest > 0.03, "\(report)")
    let reference = try solve(
      problem, with: Fourier(points: [256]), stepping: ETDRK4(step: 1e-3), until: 1, saving: .count(2))
    let solution = try own.solution(of: problem, points: [64], frames: 2)
    let points = (0..<50).map { [-1 + 0.04 * Double($0) + 0.01] }
    let (a, b) = (
      try solution.field("u").values(at: points)[0], try reference.field("u").values(at: points)[0]
    )
    let error = zip(a, b).map { abs($0 - $1) }.max()!
    #expect(error < 0.05, "\(error)")
  }

  @Test(
    "characteristics of the inviscid equation cross where and when they do, and fields follow them up to then"
  )
  func crossing() throws {
    // X = a + t (2 + sin a) crosses at t = 1, where x = π + 2.
    let problem = try CarriedProblem("u_t + (u+2)*u_x = 0", .torus(0, 2 * .pi, dimension: 1))
    let late = try task(problem, until: 1.5, hidden: [])
    let result = try train(late, steps: 25)
    let report = try #require(late.crossing)
    let first = try #require(report.first)
    #expect(abs(first.time - 1) <= 1.5 / 64 + 1e-3, "\(report)")
    #expect(abs(first.position[0] - (Double.pi + 2)) < 0.05, "\(report)")
    #expect(abs(report.smallest + 0.5) < 0.02 && abs(report.time - 1.5) < 1e-9)
    #expect("\(report)".contains("cross from t = 1"))
    #expect(try #require(result.metrics.series("jacobian")?.last) == report.smallest)
    let folded = try late.solution(of: problem, points: [256], frames: 2)
    #expect(folded.statistics.solver?.contains("characteristics cross") == true)
    // Three labels at positions within the fold, one elsewhere.
    #expect(Set(try folded.field("branches").values) == [1, 3])
    #expect(try folded.frames[0].field("branches").values.allSatisfy { $0 == 1 })

    let early = try task(problem, until: 0.9, hidden: [])
    _ = try train(early, steps: 25)
    let safe = try #require(early.crossing)
    #expect(!safe.crosses && abs(safe.smallest - 0.1) < 0.01, "\(safe)")
    // u = sin(x − 2 t − u t), by iteration.
    let solution = try early.solution(of: problem, points: [100], frames: 4)
    for x in [0.4, 2.9, 5.7] {
      var u = 0.0
      for _ in 0..<2000 { u += 0.5 * (Foundation.sin(x - (2 + u) * 0.9) - u) }
      #expect(abs(try solution.field("u")(x)[0] - u) < 1e-4, "at \(x)")
    }
  }

  @Test("shear in the plane: fields between labels, their derivatives, and none outside of walls")
  func shear() throws {
    struct Shear: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .rectangle((0, 2 * .pi), (-1, 1), periodic: [.x]) }
      var equations: [Equation] { [dt(u) + (3 + y) * dx(u) == 0] }
      var conditions: [Condition] { [.initial(u == exp(cos(x)) * (1 + y))] }
      var exact: [Equation] { [u == exp(cos(x - (3 + y) * t)) * (1 + y)] }
    }
    let task = try task(Shear(), hidden: [], inside: 100)
    let result = try train(task, steps: 6)
    #expect(try #require(result.error) < 1e-6)
    let solution = try task.solution(of: Shear(), points: [24, 17], frames: 3)
    #expect(try solution.last.exactErrors[0].value < 1e-6)
    #expect(try solution.field("residual").maxNorm < 1e-4)
    #expect(try solution.field("jacobian").values.allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(try solution.field("branches").values.allSatisfy { $0 == 1 })
    let values = try solution.field("u").values(at: [[7, 0.3], [1, 1.5]])[0]
    #expect(abs(values[0] - 1.3 * Foundation.exp(Foundation.cos(7 - 3.3))) < 1e-5 && values[1].isNaN)
    let files = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-lpinn-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: files) }
    try RunFolder(files, formats: [.vtk]).write(solution)
    let written = try FileManager.default.subpathsOfDirectory(atPath: files.path)
    #expect(
      written.contains { $0.hasSuffix(".vtr") || $0.hasSuffix(".vti") || $0.hasSuffix(".vts") }, "\(written)")
  }

  @Test("solid rotation in a box, whose corners characteristics leave and enter")
  func rotation() throws {
    struct Rotation: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .cube(-1, 1, dimension: 2) }
      var equations: [Equation] { [dt(u) - y * dx(u) + x * dy(u) == 0] }
      func blob(_ a: ScalarField, _ b: ScalarField) -> ScalarField {
        exp(-20 * (pow(a - 0.3, 2) + pow(b, 2)))
      }
      var exact: [Equation] { [u == blob(cos(t) * x + sin(t) * y, cos(t) * y - sin(t) * x)] }
      var conditions: [Condition] {
        [.initial(u == blob(x, y)), .dirichlet(u == blob(cos(t) * x + sin(t) * y, cos(t) * y - sin(t) * x))]
      }
    }
    let own = try task(Rotation(), hidden: [12], inside: 200)
    let result = try train(own, steps: 15)
    #expect(try #require(result.error) < 2e-2, "\(String(describing: result.error))")
    #expect(own.crossing?.crosses == false)
  }

  @Test("characteristics in a cell, with diffusion, against the spectral solution")
  func cell() throws {
    struct Cell: Problem {
      let u = ScalarField.unknown("u")
      var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
      var equations: [Equation] {
        [dt(u) + sin(x) * cos(y) * dx(u) - cos(x) * sin(y) * dy(u) == 0.05 * laplacian(u)]
      }
      var conditions: [Condition] { [.initial(u == cos(x) + 0.5 * sin(y))] }
    }
    let own = try task(Cell(), until: 0.5, hidden: [14], inside: 250)
    _ = try train(own, steps: 14)
    let reference = try solve(
      Cell(), with: Fourier(points: [48, 48]), stepping: ETDRK4(step: 5e-3), until: 0.5, saving: .count(2))
    let solution = try own.solution(of: Cell(), points: [32, 32], frames: 2)
    let points = [[0.3, 1.1], [2.2, 4.0], [5.1, 3.3], [3.1, 0.2]]
    let (a, b) = (
      try solution.field("u").values(at: points)[0], try reference.field("u").values(at: points)[0]
    )
    for (a, b) in zip(a, b) { #expect(abs(a - b) < 0.03, "\(a) for \(b)") }
    #expect(own.crossing?.crosses == false)
  }

  @Test(
    "a training that was stopped goes on with the same bits", arguments: ["lm", "adam:9,ssbroyden", "gn"])
  func resume(optimizer text: String) throws {
    let problem = try CarriedProblem("u_t + (u+2)*u_x = 0.2*u_xx")
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-lagrangian-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    func trainer(_ folder: TrainingFolder?) throws -> Trainer<Task> {
      Trainer(
        try task(problem, hidden: [6], inside: 80, renewsEvery: 7),
        optimizer: try OptimizerText.optimizer(text, Double.self),
        settings: .init(steps: 20, measuresEvery: 10), folder: folder)
    }
    let whole = try trainer(nil).run()
    let files = TrainingFolder(folder)
    try files.create()
    _ = try trainer(files).run { $0.step == 9 ? "enough" : nil }
    let resumed = try trainer(files).run(resuming: true)
    #expect(resumed.steps == whole.steps && resumed.parameters == whole.parameters)
    let names = try files.model(Double.self).keys
    #expect(names.contains("core.state.layers.0.weight") && names.contains("core.position.layers.1.bias"))
    #expect(names.count == 8)
  }

  @Test("the number of threads changes no bit")
  func threads() throws {
    let problem = try CarriedProblem("u_t + (u+2)*u_x = 0.2*u_xx")
    func path() throws -> (Tensor<Double>, [Double]) {
      let task = try task(problem, hidden: [6], inside: 80, renewsEvery: 4)
      let result = try train(task, steps: 8)
      return (result.parameters, try task.solution(of: problem, points: [50], frames: 2).field("u").values)
    }
    let own = try path()
    nonisolated(unsafe) var serial: (Tensor<Double>, [Double])?
    // A region inside a region runs serially.
    WorkerPool.shared.forEach(tiles: 2) { tile, _ in if tile == 0 { serial = try? path() } }
    #expect(serial?.0 == own.0 && serial?.1 == own.1)
  }
}
