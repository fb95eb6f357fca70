import Ansatz
import Foundation

/// Steps of training: milliseconds, operations per second beside a bare matrix product, and the ratio to JAX and PyTorch.
struct EngineSuite: BenchmarkSuite {
  let name = "engine"
  let summary =
    "Training steps of equations and of plain layers, beside bare matrix products, JAX and PyTorch"

  /// What the command line changes in place of the suite's own cases.
  struct Settings: Sendable, Equatable {
    var equations: String?
    var activation = "tanh"
    var widths: [Int]?
    var points = 10_000
    /// A plain training step in place of the suite's own.
    var layers: LayerCase?

    /// Whether steps from equations are changed.
    var changesEquations: Bool {
      equations != nil || activation != "tanh" || widths != nil || points != 10_000
    }
  }

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let settings = options.engine
    var cases = settings.layers == nil ? EngineCase.all.filter { options.includes($0.name) } : []
    var layers = LayerCase.all.filter { options.includes($0.name) && !settings.changesEquations }
    if let own = settings.layers { layers = [own] }
    if let text = settings.equations {
      cases = [
        EngineCase(name: text, equations: text, widths: settings.widths ?? [64, 64, 64, 64], peer: nil)
      ]
    } else if settings.layers == nil {
      try options.check(
        EngineCase.all.map(\.name) + (settings.changesEquations ? [] : LayerCase.all.map(\.name)))
      if let widths = settings.widths {
        for i in cases.indices { cases[i].widths = widths; cases[i].peer = nil }
      }
      if settings.activation != "tanh" || settings.points != 10_000 {
        for i in cases.indices { cases[i].peer = nil }
      }
    }
    let rounds = options.isQuick ? 15 : 40
    var records: [BenchmarkRecord] = []
    if !cases.isEmpty {
      report("engine, \(settings.points) points, \(Self.threads), loss, gradient and Adam\n")
      report(
        "step                               precision    median   fastest  GFLOP/s  of sgemm/dgemm   jax      torch    ratio"
      )
    }
    for item in cases {
      records.append(try measure(item, Float.self, "f32", settings, rounds, options.includesPeers))
      records.append(try measure(item, Double.self, "f64", settings, rounds, options.includesPeers))
    }
    if !layers.isEmpty {
      if !cases.isEmpty { report("") }
      report("layers, \(Self.threads), forward, backward and Adam\n")
      report(
        "step".padded(82) + " precision    median   fastest  GFLOP/s      torch    ratio")
    }
    for item in layers {
      records.append(try measure(item, Float.self, "f32", rounds, options.includesPeers))
      if settings.layers != nil {
        records.append(try measure(item, Double.self, "f64", rounds, options.includesPeers))
      }
    }
    return records
  }

  private static var threads: String {
    let count = WorkerPool.shared.threadCount
    return "\(count) thread\(count == 1 ? "" : "s")"
  }

  private func measure<Scalar: OptimizerScalar>(
    _ item: LayerCase, _ type: Scalar.Type, _ precision: String, _ rounds: Int, _ includesPeers: Bool
  ) throws -> BenchmarkRecord {
    let times = try item.times(type, rounds: rounds)
    let rate = Double(times.operations) / times.median * 1e-6
    var figures = [
      "ms per step, median": times.median, "ms per step, fastest": times.fastest, "GFLOP/s": rate,
    ]
    var line =
      item.name.padded(82) + " " + precision.padded(9)
      + String(format: " %8.2f ms %6.2f ms %8.1f", times.median, times.fastest, rate)
    var hasPassed: Bool?
    if includesPeers, let torch = try item.peerTimes(precision: precision, rounds: rounds) {
      // And ours once more, so that both stand in the same minutes.
      let own = min(try item.times(type, rounds: rounds).median, times.median)
      figures["PyTorch ms per step"] = torch.median
      figures["PyTorch ms per step, fastest"] = torch.fastest
      figures["PyTorch / ansatz"] = torch.median / own
      line += String(format: " %8.2f ms %6.2f", torch.median, torch.median / own)
      hasPassed = item.ratio.map { torch.median >= $0 * own }
    }
    report(line + (hasPassed == false ? "   fail" : ""))
    return BenchmarkRecord(name: "\(item.name), \(precision)", figures: figures, hasPassed: hasPassed)
  }

  private func measure<Scalar: OptimizerScalar>(
    _ item: EngineCase, _ type: Scalar.Type, _ precision: String, _ settings: Settings, _ rounds: Int,
    _ includesPeers: Bool
  ) throws -> BenchmarkRecord {
    let (times, operations) = try Self.times(item, type, settings, rounds: rounds)
    let rate = Double(operations) / times.median * 1e-6
    let product = Self.productRate(type)
    var figures = [
      "ms per step, median": times.median, "ms per step, fastest": times.fastest, "GFLOP/s": rate,
      "GFLOP/s of 240 x 64 x 64 products": product, "fraction of product rate": rate / product,
    ]
    var columns = [
      item.name.padded(34), precision.padded(9),
      String(
        format: "%8.2f ms %6.2f ms %8.1f %8.2f of %4.0f", times.median, times.fastest, rate, rate / product,
        product),
    ]
    var hasPassed: Bool?
    if includesPeers, let peer = item.peer {
      let jax = Self.peer("engine_jax.py", peer, precision, rounds)
      let torch = Self.peer("engine_pinn_torch.py", peer, precision, rounds)
      // And ours once more, so that both stand in the same minutes.
      let again = try Self.times(item, type, settings, rounds: rounds).times.median
      let own = min(again, times.median)
      columns.append(jax.map { String(format: "%6.1f ms", $0) } ?? "        -")
      columns.append(torch.map { String(format: "%6.1f ms", $0) } ?? "        -")
      figures["JAX ms per step"] = jax
      figures["PyTorch ms per step"] = torch
      if let fastest = [jax, torch].compactMap({ $0 }).min() {
        figures["fastest peer / ansatz"] = fastest / own
        columns.append(String(format: "%6.2f", fastest / own))
        hasPassed = fastest >= item.ratio * own
      }
    }
    report(columns.joined(separator: " ") + (hasPassed == false ? "   fail" : ""))
    return BenchmarkRecord(name: "\(item.name) \(precision)", figures: figures, hasPassed: hasPassed)
  }

  private static func times<Scalar: OptimizerScalar>(
    _ item: EngineCase, _ type: Scalar.Type, _ settings: Settings, rounds: Int
  ) throws -> (times: (median: Double, fastest: Double), operations: Int) {
    let system = try PointwiseSystem(TextProblem(item.equations))
    let activation =
      try Activation<Scalar>.named(settings.activation) ?? Activation(formula: settings.activation)
    let coordinates = system.dimension + (system.isEvolution ? 1 : 0)
    var stream = RandomStream(seed: 1)
    let network = MLP<Scalar>(
      [coordinates] + item.widths + [system.unknowns.count], activation: activation, from: &stream)
    let points = PointSet<Scalar>([
      .inside: .randomUniform([settings.points, coordinates], from: &stream)
    ])
    let objective = try PhysicsObjective(system, model: network, points: points)
    var optimizer = Adam<Scalar>(rate: 1e-3)
    var x = objective.parameterVector
    var seconds: [Double] = []
    for round in -3..<rounds {
      let start = DispatchTime.now().uptimeNanoseconds
      _ = try optimizer.step(objective, at: &x)
      if round >= 0 { seconds.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-6) }
    }
    seconds.sort()
    return ((seconds[rounds / 2], seconds[0]), objective.operationCount)
  }

  /// The rate of 240 × 64 × 64 products on all threads, in GFLOP/s.
  private static func productRate<Scalar: Real>(_ type: Scalar.Type) -> Double {
    let (m, n, k, count) = (240, 64, 64, 400)
    let threads = WorkerPool.shared.threadCount
    let memory = (0..<threads).map { _ in Buffer<Scalar>(count: m * k + k * n + m * n) }
    var best = Double.infinity
    for _ in 0..<25 {
      let start = DispatchTime.now().uptimeNanoseconds
      WorkerPool.shared.forEach(tiles: threads) { _, worker in
        let a = memory[worker].pointer
        BLASThreads.withSingle {
          for _ in 0..<count {
            Scalar.multiplyMatrices(
              rows: m, columns: n, inner: k, alpha: 1, a, leading: k, transposed: false, a + m * k,
              leading: n,
              transposed: false, beta: 0, a + m * k + k * n, leading: n)
          }
        }
      }
      best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start))
    }
    return Double(2 * m * n * k * count * threads) / best
  }

  private static func peer(_ script: String, _ name: String, _ precision: String, _ rounds: Int) -> Double? {
    PeerScript(name: script, variable: "ANSATZ_PYTHON", interpreter: "python3")
      .run(
        [name, precision, "\(rounds)"], threads: WorkerPool.shared.threadCount, as: [String: Double].self)?
      .values.min()
  }
}
