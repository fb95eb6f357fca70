import AllocationCounter
import Foundation
import Optimizers
import Tensors
import Testing

/// Every method of the library, with what it is tried on. A new one belongs here: its state, and that its steps allocate
/// nothing, is tested then.
struct Method: Sendable, CustomTestStringConvertible {
  let name: String
  /// Makes steps; after the given one, saves the state, takes it up in a fresh method and goes on with that, in full or
  /// taken apart. Returns the parameters at the end.
  let run: @Sendable (_ steps: Int, _ interruption: Int?, _ isFlattened: Bool) throws -> [Double]
  /// The state after some steps.
  let state: @Sendable (_ steps: Int) throws -> OptimizerState<Double>
  /// Takes up a state.
  let restore: @Sendable (_ state: OptimizerState<Double>) throws -> Void
  /// How often a number of steps allocates, after some others, on a loss that does not.
  let allocations: @Sendable (_ steps: Int) throws -> Int64

  var testDescription: String { name }

  private static let loss = PoissonNetwork(cells: 6, width: 5)
  private static let valley = Valley(layout: loss.layout)

  private init<Optimizing: Optimizer<Double>>(
    _ name: String, _ method: Optimizing,
    _ step: @escaping @Sendable (inout Optimizing, inout Tensor<Double>) throws -> StepReport,
    inValley: @escaping @Sendable (inout Optimizing, inout Tensor<Double>) throws -> StepReport
  ) {
    self.name = name
    allocations = { steps in
      var (current, x) = (method, Tensor<Double>.full([Self.valley.layout.count], -0.5))
      for _ in 0..<14 { _ = try inValley(&current, &x) }
      let before = allocation_count()
      for _ in 0..<steps { _ = try inValley(&current, &x) }
      return allocation_count() - before
    }
    run = { steps, interruption, isFlattened in
      var (current, x) = (method, Tensor(Self.loss.initial()))
      for k in 1...steps {
        _ = try step(&current, &x)
        // The objective changes on the way, in the same step in every run.
        if k == 7 { current.objectiveChanged() }
        guard k == interruption else { continue }
        let state = isFlattened ? try Self.reassembled(current.state) : try Self.decoded(current.state)
        current = method
        try current.restore(state)
      }
      return x.elements + current.evaluationPoint(of: x).elements
    }
    state = { steps in
      var (current, x) = (method, Tensor(Self.loss.initial()))
      for _ in 0..<steps { _ = try step(&current, &x) }
      return current.state
    }
    restore = { state in
      var current = method
      try current.restore(state)
    }
  }

  init<Optimizing: GradientOptimizer<Double>>(_ name: String, _ method: Optimizing) {
    self.init(
      name, method, { try $0.step(Self.loss, at: &$1) }, inValley: { try $0.step(Self.valley, at: &$1) })
  }

  init<Optimizing: LeastSquaresOptimizer<Double>>(leastSquares name: String, _ method: Optimizing) {
    self.init(
      name, method, { try $0.leastSquaresStep(Self.loss, at: &$1) },
      inValley: { try $0.leastSquaresStep(Self.valley, at: &$1) })
  }

  init<Optimizing: CurvatureOptimizer<Double>>(curvature name: String, _ method: Optimizing) {
    self.init(
      name, method, { try $0.curvatureStep(Self.loss, at: &$1) },
      inValley: { try $0.curvatureStep(Self.valley, at: &$1) })
  }

  init<Optimizing: LayerwiseOptimizer<Double>>(layerwise name: String, _ method: Optimizing) {
    self.init(
      name, method, { try $0.layerwiseStep(Self.loss, at: &$1) },
      inValley: { try $0.layerwiseStep(Self.valley, at: &$1) })
  }

  private static func decoded(_ state: OptimizerState<Double>) throws -> OptimizerState<Double> {
    let copy = try JSONDecoder().decode(OptimizerState<Double>.self, from: JSONEncoder().encode(state))
    #expect(copy == state)
    return copy
  }

  private static func reassembled(_ state: OptimizerState<Double>) throws -> OptimizerState<Double> {
    let parts = state.flattened
    let skeleton = try JSONDecoder().decode(
      OptimizerState<Double>.self, from: JSONEncoder().encode(parts.skeleton))
    let copy = OptimizerState(skeleton: skeleton, tensors: parts.tensors, doubles: parts.doubles)
    #expect(copy == state)
    return copy
  }

  static let all: [Method] = {
    let rate = Schedule.cosine(from: 1e-2, steps: 30).warmedUp(over: 4)
    return [
      Method("SGD", SGD(rate: 1e-4)),
      Method("SGD with momentum", SGD(rate: 1e-4, momentum: 0.9, isNesterov: true)),
      Method("Adam", Adam(rate: rate)),
      Method("AMSGrad", Adam(rate: rate, isAMSGrad: true)),
      Method("AdamW", AdamW(rate: rate)),
      Method("SOAP", SOAP(rate: rate, refreshInterval: 3)),
      Method("SOAP that keeps bases", SOAP(rate: rate, refreshInterval: 2, refreshTolerance: 0.1)),
      Method("Muon", Muon(rate: rate, matrices: ["*.weight"])),
      Method("Muon within the network", Muon(rate: rate, fallback: Adam(rate: rate))),
      Method("Shampoo", Shampoo(rate: rate)),
      Method(
        "Shampoo, grafted",
        Shampoo(
          rate: rate, beta2: 0.9, momentum: 0.5, decay: 0.1, graft: .adam(), rootMethod: .coupledNewton,
          refreshInterval: 4, startStep: 2, blockSize: 3)),
      Method(
        "Shampoo by the iteration of third order",
        Shampoo(rate: rate, beta2: 0.9, epsilon: 1e-6, graft: .sgd, rootMethod: .higherOrder)),
      Method(
        "Shampoo in four bits",
        Adam(rate: rate).preconditionedInFourBits(factorInterval: 2, rootInterval: 3, minimumCount: 8)),
      Method("schedule-free SGD", ScheduleFreeSGD(rate: 1e-4)),
      Method("schedule-free AdamW", ScheduleFreeAdamW(rate: 1e-2)),
      Method("MARS", MARS(rate: rate)),
      Method("MARS-Lion", MARS(form: .lion, rate: 1e-3)),
      Method("MARS-Shampoo", MARSShampoo(rate: rate)),
      Method("exact MARS", ExactMARS(rate: rate)),
      Method("exact MARS-Lion", ExactMARS(form: .lion, rate: 1e-3)),
      Method("M-FAC", MFAC(rate: 1e-3, windowSize: 5, damping: 1e-2)),
      Method("EFCP", EFCP(rate: 1e-3, density: 0.3, windowSize: 5, damping: 1e-2)),
      Method(
        "EFCP that moves all", EFCP(rate: 1e-5, density: 0.3, windowSize: 5, damping: 1e-2, movesAll: true)),
      Method("ScaledGD", ScaledGD([.symmetric("layers.0.weight")], rate: 1e-3, damping: 0.1)),
      Method("low-rank EFCP", LowRankEFCP(rate: 1e-3, rank: 2, windowSize: 5, damping: 1e-2)),
      Method("SANIA", SANIA()),
      Method("SANIA with sums", SANIA(metric: .sumOfSquares)),
      Method("SMB", SMB(rate: 0.1, scheduleInterval: 3)),
      Method("PSGD-Kron", PSGDKron(rate: rate, momentum: 0.9)),
      Method(
        "PSGD-Kron with triangular factors, now and then",
        PSGDKron(rate: rate, fitting: LieGroupFitting(geometry: .triangular, probability: 0.6))),
      Method("PSGD-XMat", PSGDXMat(WhiteningSettings(rate: rate, momentum: 0.5))),
      Method("PSGD-LRA", PSGDLRA(rank: 3, WhiteningSettings(rate: rate))),
      Method(
        "PSGD-LRA of the mean",
        PSGDLRA(WhiteningSettings(rate: rate, momentum: 0.9, decay: 0.1, whitensMean: true))),
      Method("PSGD-XMat Newton by differences", PSGDXMatNewton(rate: 1e-3, momentum: 0.9)),
      Method(
        curvature: "PSGD-LRA Newton",
        PSGDLRANewton(rank: 4, rate: 1e-3, fitting: LieGroupFitting(probability: 0.5), normLimit: 0.1)),
      Method("PSGD dense Newton by differences", PSGDDenseNewton(rate: 1e-3)),
      Method(
        curvature: "PSGD dense Newton", PSGDDenseNewton(rate: 1e-3, momentum: 0.9, normLimit: 0.1)),
      Method("L-BFGS", LBFGS(memory: 4)),
      Method("BFGS", BFGS()),
      Method("SSBFGS", SSBFGS()),
      Method("SSBroyden1", SSBroyden1()),
      Method("SSBroyden2", SSBroyden2()),
      Method(leastSquares: "Gauss-Newton", GaussNewton(damping: 1e-6)),
      Method(leastSquares: "Gauss-Newton by singular values", GaussNewton()),
      Method(leastSquares: "Levenberg-Marquardt", LevenbergMarquardt()),
      Method(leastSquares: "variable projection", VariableProjection()),
      Method(leastSquares: "Levenberg-Marquardt, scaled", LevenbergMarquardt(scaling: .columns)),
      Method(
        leastSquares: "Levenberg-Marquardt, accelerated",
        LevenbergMarquardt(scaling: .diagonal, acceleration: 0.75)),
      Method(leastSquares: "energy natural gradient", EnergyNaturalGradient(damping: 1e-6)),
      Method(leastSquares: "SPRING", SPRING(momentum: .fixed(0.9))),
      Method(
        leastSquares: "SPRING that adapts and searches",
        SPRING(damping: 1e-4, momentum: .adaptive(initial: 0.5, window: 3), step: .search)),
      Method(curvature: "OASIS", OASIS(initialRate: 1e-3)),
      Method(curvature: "gradient-normalized Newton", GradientNormalizedNewton(matrix: .gaussNewton)),
      Method(curvature: "Newton-CG", NewtonCG(iterationLimit: 20)),
      Method(curvature: "Krylov search", KrylovSearch(degree: 3)),
      Method(curvature: "Hessian-free", HessianFree(iterationLimit: 30)),
      Method(
        curvature: "Hessian-free, preconditioned",
        HessianFree(initialDamping: 0.1, iterationLimit: 30, preconditioner: .diagonal)),
      Method(
        curvature: "NysNewton-CG",
        NystromNewtonCG(
          matrix: .gaussNewton, rank: 5, damping: 1e-3, refreshInterval: 4, iterationLimit: 50)),
      Method(curvature: "a chain with curvature", Adam(rate: rate).steps(6) → NewtonCG(iterationLimit: 20)),
      Method(layerwise: "KFAC", KFAC()),
      Method(layerwise: "AdaFisher", AdaFisher(rate: rate, refreshInterval: 3)),
      Method(
        layerwise: "KFAC that searches",
        KFAC(step: .gridSearch(), damping: 1e-6, decay: 0.9, refreshInterval: 3)),
      Method("norm clipping", Adam(rate: rate).clipped(norm: 1)),
      Method("value clipping", SGD(rate: 1e-2).clipped(value: 0.5)),
      Method("weight decay", Adam(rate: rate).decayed(0.1, excluding: "*.bias")),
      Method("rate scaling", Adam(rate: 1e-2).scaled(by: .staircase(from: 1, factor: 0.5, every: 3))),
      Method("plateau scaling", SGD(rate: 1e-5).reducedOnPlateau(patience: 2, threshold: 0.5)),
      Method("weight averaging", Adam(rate: rate).averaged(decay: 0.9)),
      Method("freezing", Adam(rate: rate).freezing("*.bias")),
      Method(
        "parameter groups",
        ParameterGroups(fallback: Adam(rate: rate)).group("*.bias", ScheduleFreeSGD(rate: 1e-4)).freezing(
          "layers.1.weight")),
      Method(
        "a stack", Adam(rate: rate).averaged(decay: 0.9).decayed(1e-3).clipped(norm: 10).clipped(value: 5)),
      Method("a stage", Adam(rate: rate).until(.any([.stalled(decrease: 1e-12, over: 60), .steps(100)]))),
      Method("a chain", Adam(rate: rate).averaged(decay: 0.5).steps(6) → SSBroyden2().steps(4) → LBFGS()),
      Method("Adam that leaves steps out", Adam(rate: rate).skippingNotFinite()),
      Method(leastSquares: "a chain with residuals", Adam(rate: rate).steps(6) → GaussNewton(damping: 1e-4)),
    ]
  }()
}

@Suite("Allocations", .serialized)
struct AllocationTests {
  @Test("steps allocate nothing", arguments: Method.all)
  func steps(method: Method) throws {
    try #require(allocation_count_is_available() != 0)
    #expect(try method.allocations(12) == 0)
  }

  @Test("nor do those of large vectors, on all threads")
  func large() throws {
    let valley = Valley(layout: ParameterLayout(count: 200_000))
    func count<Method: GradientOptimizer<Double>>(_ method: Method) throws -> Int64 {
      var (method, x) = (method, Tensor<Double>.full([200_000], -0.5))
      for _ in 0..<3 { _ = try method.step(valley, at: &x) }
      let before = allocation_count()
      for _ in 0..<3 { _ = try method.step(valley, at: &x) }
      return allocation_count() - before
    }
    #expect(try count(Adam(rate: 1e-3).averaged().clipped(norm: 1)) == 0)
    #expect(try count(LBFGS(memory: 3)) == 0)
    #expect(try count(MARS(rate: 1e-3)) == 0)
    #expect(try count(MFAC(rate: 1e-3, windowSize: 3, damping: 0.1)) == 0)
    #expect(try count(EFCP(rate: 1e-3, windowSize: 3, damping: 0.1)) == 0)
    #expect(try count(SANIA()) == 0)
    #expect(try count(SMB(rate: 1e-3)) == 0)
    #expect(try count(PSGDXMat(WhiteningSettings(momentum: 0.9))) == 0)
    #expect(try count(PSGDLRA(rank: 5, WhiteningSettings(momentum: 0.9))) == 0)
  }

  @Test("nor do those with factors of large and of many small matrices, on all threads")
  func factors() throws {
    let valley = Valley(
      layout: ParameterLayout().appending("a", shape: [131, 203]).appending("b", shape: [7])
        .appending("c", shape: [5, 6, 40], isComplex: true))
    func count<Method: GradientOptimizer<Double>>(_ method: Method) throws -> Int64 {
      var (method, x) = (method, Tensor<Double>.full([valley.layout.count], -0.5))
      for _ in 0..<5 { _ = try method.step(valley, at: &x) }
      let before = allocation_count()
      for _ in 0..<4 { _ = try method.step(valley, at: &x) }
      return allocation_count() - before
    }
    #expect(try count(SOAP(rate: 1e-3, refreshInterval: 2)) == 0)
    #expect(try count(Muon(rate: 1e-3, matrices: ["a", "c"])) == 0)
    #expect(try count(PSGDKron(rate: 1e-3, momentum: 0.9)) == 0)
    #expect(try count(MARSShampoo(rate: 1e-3)) == 0)
    #expect(try count(LowRankEFCP(rate: 1e-3, rank: 3, windowSize: 3, damping: 0.1)) == 0)
    #expect(
      try count(Adam(rate: 1e-3).preconditionedInFourBits(factorInterval: 2, rootInterval: 2)) == 0)
    for method in InverseRootMethod.allCases {
      #expect(
        try count(
          Shampoo(
            rate: 1e-3, beta2: 0.9, epsilon: 1e-3, graft: .adam(), rootMethod: method, refreshInterval: 2,
            blockSize: 150)) == 0)
    }
  }
}

@Suite("States")
struct StateTests {
  @Test("stopped, saved, restored: the same bits", arguments: Method.all)
  func roundTrip(method: Method) throws {
    let whole = try method.run(14, nil, false)
    for interruption in [1, 5, 6, 7, 11] {
      #expect(try method.run(14, interruption, interruption % 2 == 0) == whole, "after \(interruption) steps")
    }
    #expect(try method.run(14, nil, false) == whole)
    #expect(whole.allSatisfy { $0.isFinite })
  }

  @Test("a state without one of its entries is refused in a sentence", arguments: Method.all)
  func missing(method: Method) throws {
    let state = try method.state(3)
    try method.restore(state)
    for (path, damaged) in damages(state) {
      let error = #expect(throws: OptimizerError.self, "without \(path)") { try method.restore(damaged) }
      #expect(error?.description.hasSuffix(".") == true)
    }
  }

  @Test("models whose dense matrices no memory holds are refused before anything is allocated")
  func tooLarge() throws {
    let layout = ParameterLayout(count: 10_000_000)
    func refuses<Method: Optimizer>(_ method: Method) -> Bool {
      var method = method
      do {
        try method.prepare(for: layout)
        return false
      } catch {
        return error.description.contains("\(method.name) keeps dense matrices of 10000000 × 10000000")
      }
    }
    #expect(refuses(BFGS<Double>()))
    #expect(refuses(SSBroyden2<Float>()))
    #expect(refuses(PSGDDenseNewton<Double>()))
    #expect(refuses(GradientNormalizedNewton<Double>()))
  }

  @Test("a state of another method or layout is refused")
  func foreign() throws {
    let loss = PoissonNetwork(cells: 4, width: 3)
    var (adam, x) = (Adam<Double>(), Tensor(loss.initial()))
    _ = try adam.step(loss, at: &x)
    var search = BFGS<Double>()
    #expect(throws: OptimizerError.otherMethod(expected: "BFGS", found: "Adam")) {
      try search.restore(adam.state)
    }
    var other = Adam<Double>()
    other.prepare(for: PoissonNetwork(cells: 4, width: 4).layout)
    let error = #expect(throws: OptimizerError.self) { try other.restore(adam.state) }
    #expect(
      error?.description
        == "The state of Adam is for other parameters: layers.0.weight has the shape [3, 2] there and [4, 2] here. "
        + "Continue with the model that it was saved with, or begin anew.")
    var state = adam.state
    state.tensors["m"] = .zeros([3])
    var third = Adam<Double>()
    #expect(throws: OptimizerError.self) { try third.restore(state) }
    #expect(third.layout == nil)
  }

  @Test(
    "text that is no state is refused",
    arguments: [
      "{}", "[]", #"{"method": "Adam"}"#, #"{"method": "Adam", "step": 1, "numbers": {"a": "x"}}"#,
      #"{"method": "Adam", "step": 1, "numbers": {}, "tensors": {"m": {"shape": [2], "bytes": "AAAA"}}}"#,
      #"{"method": "Adam", "step": 1, "numbers": {}, "tensors": {"m": {"shape": [-2, -2], "bytes": "AAAA"}}}"#,
      #"{"method": "Adam", "step": 1, "numbers": {}, "layout": [{"name": "a", "shape": [2], "range": [1, 3], "isComplex": false}]}"#,
      #"{"method": "Adam", "step": 1, "numbers": {}, "layout": [{"name": "a", "shape": [3], "range": [0, 2], "isComplex": false}]}"#,
    ])
  func damagedText(text: String) {
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(OptimizerState<Double>.self, from: Data(text.utf8))
    }
  }

  @Test("numbers keep their bits, and infinite ones too")
  func numbers() throws {
    var state = OptimizerState<Float>(method: "test", layout: ParameterLayout(count: 2), step: 3)
    state.numbers = ["a": .infinity, "b": -.infinity, "c": 0.1 + 0.2, "d": .leastNonzeroMagnitude, "e": -0.0]
    state.tensors["t"] = Tensor([1.1, -.infinity, .leastNonzeroMagnitude])
    state.doubles["d"] = Tensor(rows: [[1 / 3.0], [2 / 3.0]])
    state.children["part"] = OptimizerState(method: "part", layout: nil)
    let copy = try JSONDecoder().decode(OptimizerState<Float>.self, from: JSONEncoder().encode(state))
    #expect(copy == state)
    #expect(copy.numbers["e"]?.sign == .minus)
  }

  /// The state without each of its entries in turn, with the entry's path.
  private func damages(_ state: OptimizerState<Double>) -> [(String, OptimizerState<Double>)] {
    var damages: [(String, OptimizerState<Double>)] = []
    func damage(_ path: String, _ change: (inout OptimizerState<Double>) -> Void) {
      var copy = state
      change(&copy)
      damages.append((path, copy))
    }
    // Levenberg-Marquardt has no λ before its first step.
    for name in state.numbers.keys where name != "damping" { damage(name) { $0.numbers[name] = nil } }
    for name in state.tensors.keys { damage(name) { $0.tensors[name] = nil } }
    for name in state.doubles.keys { damage(name) { $0.doubles[name] = nil } }
    for (name, child) in state.children {
      damage(name) { $0.children[name] = nil }
      for (path, damaged) in self.damages(child) { damage("\(name)/\(path)") { $0.children[name] = damaged } }
    }
    return damages
  }
}
