import Ansatz

/// The analysis of a network whose type is chosen by a name.
struct NetworkConditioning: NetworkUser {
  typealias Scalar = Double
  let system: PointwiseSystem
  let until: Double
  /// The constant state about which a nonlinear equation is linearised.
  let about: Double?
  let seed: UInt64
  let inside, boundary: Int

  func use<Core: Layer>(_ make: (Int) -> Core) throws -> NetworkAnalysis where Core.Scalar == Double {
    let network = PhysicsNetwork(system, until: until, core: make)
    let sampler = CollocationSampler(pattern: .sobol, inside: inside, boundary: boundary, seed: seed)
    var tables: [PointwiseSystem.Place: Tensor<Double>] = [:]
    for place in [.inside] + system.conditions.map(\.place) where tables[place] == nil {
      tables[place] = sampler.points(
        place, of: system, until: until, count: place == .inside ? inside : boundary)
    }
    let objective = try PhysicsObjective(system, model: network, points: PointSet(tables))
    return try NetworkAnalysis(
      objective, at: objective.parameterVector, scale: try scale(objective, network.core))
  }

  /// The scale by the symbol, for a network on Fourier features whose coordinates are lengths and times.
  private func scale(_ objective: PhysicsObjective<Double>, _ core: some Layer<Double>) throws -> Tensor<
    Double
  >? {
    guard let network = core as? FourierFeatureNetwork<Double>,
      !system.box.intervals.contains(where: \.isPeriodic),
      let preconditioner = try? OperatorPreconditioner(system, about: about)
    else { return nil }
    // The network sees coordinates that are scaled to [−1, 1].
    let lengths = system.box.intervals.map { $0.upper - $0.lower } + (system.isEvolution ? [until] : [])
    let factors = Tensor<Double>(shape: [lengths.count, 1], lengths.map { 2 / $0 })
    let features = FourierFeatures<Double>(frequencies: network.features.frequencies.wrappedValue * factors)
    return try preconditioner.scale(
      objective.layout, rowsOf: "core.network.layers.0.weight", features: features,
      isEvolution: system.isEvolution)
  }
}
