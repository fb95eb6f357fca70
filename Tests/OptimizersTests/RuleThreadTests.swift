import Foundation
import Optimizers
import Tensors
import Testing

@Suite("Threads of rules")
struct RuleThreadTests {
  /// Some steps on random gradients with three arrays of unlike lengths.
  private func path<Method: GradientOptimizer<Double>>(_ method: Method) throws -> [Double] {
    let layout = ParameterLayout().appending("a", shape: [150, 301]).appending("b", shape: [37])
      .appending("c", shape: [11_000], isComplex: true)
    let valley = Valley(layout: layout)
    return try train(
      valley, from: (0..<layout.count).map { sin(Double($0)) }, steps: 7, with: method
    ).last!
  }

  private func expectSame<Method: GradientOptimizer<Double>>(_ method: Method) throws {
    let parallel = try path(method)
    let serial = try serially { try path(method) }
    #expect(serial == parallel, "\(method.name)")
    #expect(parallel.allSatisfy { $0.isFinite }, "\(method.name)")
  }

  @Test("gradient rules: the same bits with one thread and with all")
  func rules() throws {
    try expectSame(MARS<Double>(rate: 1e-3))
    try expectSame(MARS<Double>(form: .lion, rate: 1e-3))
    try expectSame(ExactMARS<Double>(rate: 1e-3))
    try expectSame(MFAC<Double>(rate: 1e-3, windowSize: 4, damping: 1e-2))
    try expectSame(EFCP<Double>(rate: 1e-3, density: 0.1, windowSize: 4, damping: 1e-2))
    try expectSame(EFCP<Double>(rate: 1e-6, density: 0.1, windowSize: 4, damping: 1e-2, movesAll: true))
    try expectSame(SANIA<Double>())
    try expectSame(SMB<Double>(rate: 1e-4))
    try expectSame(PSGDKron<Double>(rate: 1e-3, momentum: 0.9))
    try expectSame(MARSShampoo<Double>(rate: 1e-3))
    try expectSame(LowRankEFCP<Double>(rate: 1e-3, rank: 2, windowSize: 4, damping: 1e-2))
    try expectSame(PSGDXMat<Double>())
    try expectSame(PSGDLRA<Double>(rank: 3))
  }

  @Test("curvature and natural gradients: the same bits with one thread and with all")
  func curvature() throws {
    let valley = Valley(layout: ParameterLayout(count: 50_000))
    func oasis() throws -> [Double] {
      var (method, x) = (OASIS<Double>(initialRate: 1e-3), Tensor((0..<50_000).map { sin(Double($0)) }))
      for _ in 0..<5 { _ = try method.curvatureStep(valley, at: &x) }
      return x.elements
    }
    let (scaled, scaledSerially) = (try oasis(), try serially { try oasis() })
    #expect(scaled == scaledSerially)
    func curved<Method: CurvatureOptimizer<Double>>(_ method: Method) throws {
      func path() throws -> [Double] {
        var (method, x) = (method, Tensor((0..<50_000).map { sin(Double($0)) }))
        for _ in 0..<3 { _ = try method.curvatureStep(valley, at: &x) }
        return x.elements
      }
      let (parallel, serial) = (try path(), try serially { try path() })
      #expect(parallel == serial && parallel.allSatisfy { $0.isFinite }, "\(method.name)")
    }
    try curved(NewtonCG<Double>(iterationLimit: 20))
    try curved(HessianFree<Double>(iterationLimit: 20, preconditioner: .diagonal))
    try curved(NystromNewtonCG<Double>(rank: 8, refreshInterval: 2, iterationLimit: 20))
    func krylov() throws -> [Double] {
      var (method, x) = (KrylovSearch<Double>(degree: 3), Tensor((0..<50_000).map { sin(Double($0)) }))
      for _ in 0..<3 { _ = try method.curvatureStep(valley, at: &x) }
      return x.elements
    }
    let (searched, searchedSerially) = (try krylov(), try serially { try krylov() })
    #expect(searched == searchedSerially)
    let small = Valley(layout: ParameterLayout(count: 150))
    func dense() throws -> [Double] {
      var (method, x) = (
        PSGDDenseNewton<Double>(rate: 0.1, normLimit: 0.1), Tensor((0..<150).map { sin(Double($0)) })
      )
      for _ in 0..<5 { _ = try method.curvatureStep(small, at: &x) }
      return x.elements
    }
    let (fitted, fittedSerially) = (try dense(), try serially { try dense() })
    #expect(fitted == fittedSerially)
    let network = PoissonNetwork(cells: 14, width: 100)
    func spring() throws -> [Double] {
      var (method, x) = (
        SPRING<Double>(damping: 1e-3, momentum: .fixed(0.8), step: .search), Tensor(network.initial())
      )
      for _ in 0..<3 { _ = try method.leastSquaresStep(network, at: &x) }
      return x.elements
    }
    let (natural, naturalSerially) = (try spring(), try serially { try spring() })
    #expect(natural == naturalSerially)
  }
}
