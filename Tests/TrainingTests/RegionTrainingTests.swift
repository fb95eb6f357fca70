import Ansatz
import Foundation
import Testing

/// The square of side 1 around the origin without a disc.
private let plate = Region.rectangle((-0.5, 0.5), (-0.5, 0.5))
  .subtracting(.disc(center: (0.1, 0), radius: 0.2), named: "hole")

/// −Δu = f with u = eˣ cos 2y, its value on the sides, and u + 2 ∂u/∂n on the circle.
private struct RobinHole: Problem {
  let u = ScalarField.unknown("u")
  var solution: ScalarField { exp(x) * cos(2 * y) }
  var domain: Domain { .region(plate) }
  var equations: [Equation] { [-laplacian(u) == 3 * solution] }
  var conditions: [Condition] {
    // The normal points to the centre of the hole.
    let slope = -5 * ((x - 0.1) * solution + y * (-2 * exp(x) * sin(2 * y)))
    return [.dirichlet(u == solution), .robin(u + 2 * dn(u) == solution + 2 * slope, on: "hole")]
  }
  var exact: [Equation] { [u == solution] }
}

/// The same with the flux of a varying coefficient on the circle.
private struct FluxHole: Problem {
  let u = ScalarField.unknown("u")
  var solution: ScalarField { x * x + y }
  var domain: Domain { .region(plate) }
  var equations: [Equation] { [-div((1 + x * x) * grad(u)) == -(2 + 6 * x * x)] }
  var conditions: [Condition] {
    let slope = -5 * ((x - 0.1) * 2 * x + y)
    return [.dirichlet(u == solution), .flux(u == (1 + x * x) * slope, on: "hole")]
  }
  var exact: [Equation] { [u == solution] }
}

/// Values that differ from the sides to the holes.
private struct TwoValues: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain {
    .region(plate.subtracting(.disc(center: (-0.3, 0.3), radius: 0.1), named: "small"))
  }
  var equations: [Equation] { [laplacian(u) == 0] }
  var conditions: [Condition] {
    [.dirichlet(u == x * y), .dirichlet(u == sin(x), on: "hole"), .dirichlet(u == 2, on: "small")]
  }
}

/// Heat in half a disc, insulated along its diameter.
private struct HalfDisc: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain {
    .region(
      Region.disc(center: (0, 0), radius: 1)
        .intersection(.halfPlane(through: (0, 0), normal: (0, -1), named: "diameter")))
  }
  var equations: [Equation] { [dt(u) == laplacian(u)] }
  var conditions: [Condition] {
    [
      .initial(u == 1 - x * x - y * y), .dirichlet(u == t, on: "circle"),
      .neumann(dn(u) == 0, on: "diameter"),
    ]
  }
}

private struct Corner: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain {
    .region(Region.rectangle((-1, 1), (-1, 1)).subtracting(.rectangle((0, 1), (-1, 0)), named: "notch"))
  }
  var equations: [Equation] { [-laplacian(u) == 1] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
}

private struct OnName: Problem {
  var name: String { "on-name" }
  var boundary: String
  let u = ScalarField.unknown("u")
  var domain: Domain { .region(plate) }
  var equations: [Equation] { [laplacian(u) == 0] }
  var conditions: [Condition] { [.dirichlet(u == 0, on: boundary)] }
}

private struct OnRegion: Problem {
  var region: Region
  let u = ScalarField.unknown("u")
  var name: String { "on-region" }
  var domain: Domain { .region(region) }
  var equations: [Equation] { [laplacian(u) == 0] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
}

/// Robin conditions and a known solution between two circles, on a mesh.
private struct MeshRing: Problem {
  let u = ScalarField.unknown("u")
  // ln r / ln 2.
  var solution: ScalarField { log(x * x + y * y) * (0.5 / Foundation.log(2.0)) }
  var domain: Domain { .mesh(.annulus(inner: 0.5, outer: 1, cells: [4, 24], order: 2)) }
  var equations: [Equation] { [laplacian(u) == 0] }
  var conditions: [Condition] {
    [
      .dirichlet(u == -1, on: "inner"),
      .robin(u + dn(u) == ScalarField(1 / Foundation.log(2.0)), on: "outer"),
    ]
  }
  var exact: [Equation] { [u == solution] }
}

@Suite("Physics-informed networks on regions and meshes")
struct RegionTrainingTests {
  private func task(
    _ problem: some Problem, hard: Bool = true, inside: Int = 300, boundary: Int = 60,
    widths: [Int] = [16, 16],
    pattern: CollocationSampler.Pattern = .residual, until: Double = 1
  ) throws -> PhysicsTask<MLP<Double>> {
    let system = try PointwiseSystem(problem)
    let conditions = hard ? try HardConditions(system, until: until) : nil
    var stream = RandomStream(seed: 2)
    let network = PhysicsNetwork(system, until: until, conditions: conditions) {
      MLP<Double>([$0] + widths + [1], from: &stream)
    }
    return try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(
        sampler: CollocationSampler(pattern: pattern, inside: inside, boundary: boundary, seed: 4),
        renewsEvery: 20, until: until),
      conditions: conditions?.remaining)
  }

  private func error<Core: Layer>(
    _ task: PhysicsTask<Core>, steps: Int
  ) throws -> Double where Core.Scalar == Double {
    let result = try Trainer(
      task, optimizer: LevenbergMarquardt<Double>(), settings: .init(steps: steps, measuresEvery: 10)
    ).run()
    return try #require(result.error)
  }

  @Test("exact solutions annihilate residuals with normals on curved boundaries")
  func residuals() throws {
    func check(_ problem: some Problem, places: [String]) throws {
      let system = try PointwiseSystem(problem)
      #expect(Set(system.conditions.map(\.place.name)) == Set(places))
      let exact = try #require(system.exact[0])
      let sampler = CollocationSampler(inside: 1, boundary: 1, seed: 1)
      for condition in system.conditions + system.equations {
        let count = system.columns(at: condition.place)
        let table: Tensor<Double> = sampler.points(condition.place, of: system, count: 50)
        #expect(table.shape == [50, count])
        let rows = table.elements
        for i in 0..<50 {
          let value = try condition.node.replacingTerminals { terminal in
            switch terminal {
            case .jet(let jet):
              var node = exact
              for axis in [Axis.x, .y] {
                for _ in 0..<jet.orders[axis] { node = try! node.differentiated(.axis(axis)) }
              }
              return node
            case .normal(let axis): return .constant(rows[i * count + 2 + axis.rawValue])
            default: return nil
            }
          }.value(at: [rows[i * count], rows[i * count + 1]])
          #expect(abs(value) < 1e-12, "\(condition.text) at \(condition.place.name)")
        }
      }
    }
    try check(RobinHole(), places: ["left", "right", "bottom", "top", "hole"])
    try check(FluxHole(), places: ["left", "right", "bottom", "top", "hole"])
  }

  @Test("Robin and flux conditions on a circle train to the solution")
  func robin() throws {
    let robin = try error(task(RobinHole()), steps: 60)
    #expect(robin < 1e-4, "error \(robin)")
    let flux = try error(task(FluxHole()), steps: 60)
    #expect(flux < 1e-4, "error \(flux)")
  }

  @Test("values on regions are met for any network")
  func hard() throws {
    func check(_ problem: some Problem, left: Set<String>, withPieces: Bool = false) throws {
      let system = try PointwiseSystem(problem)
      let conditions = try HardConditions(system, until: 2, withPieces: withPieces)
      #expect(Set(conditions.remaining.map(\.place.name)) == left)
      var stream = RandomStream(seed: 3)
      let network = PhysicsNetwork(system, until: 2, conditions: conditions) {
        MLP<Double>([$0, 8, 1], from: &stream)
      }
      let sampler = CollocationSampler(inside: 1, boundary: 1, seed: 1)
      var tables: [PointwiseSystem.Place: Tensor<Double>] = [:]
      for condition in system.conditions + system.equations {
        tables[condition.place] = sampler.points(condition.place, of: system, until: 2, count: 40)
      }
      let objective = try PhysicsObjective(system, model: network, points: PointSet(tables))
      _ = try objective.value(at: objective.parameterVector)
      for (term, loss) in zip(objective.terms, objective.termLosses) where term.place != .inside {
        #expect((loss <= 1e-24) == !left.contains(term.name), "\(term.name) of \(problem.name): \(loss)")
      }
    }
    try check(TwoValues(), left: [])
    try check(RobinHole(), left: ["hole"])
    try check(HalfDisc(), left: ["diameter"])
    try check(Corner(), left: [], withPieces: true)
    // No smooth function vanishes on the sides of an L alone.
    #expect(
      Set(try HardConditions(PointwiseSystem(Corner())).remaining.map(\.place.name))
        == ["left", "right", "bottom", "top", "notch"])
  }

  @Test("a problem on a mesh, with normals of its facets, and fields on its points")
  func mesh() throws {
    let task = try task(MeshRing(), inside: 250)
    let final = try error(task, steps: 80)
    #expect(final < 2e-3, "error \(final)")
    let solution = try task.solution(of: MeshRing(), points: [33, 33])
    let mesh = try #require(solution.last.state.mesh)
    let values = try solution.last.state.meshValues(of: [.jet(Jet(0))])[0]
    #expect(values.count == mesh.pointCount && values.allSatisfy(\.isFinite))
    #expect(try solution.last.exactErrors[0].value < 2e-3)
    // The centre is in no cell.
    #expect(try solution.field("u").values(at: [[0, 0]])[0][0].isNaN)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ring-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try RunFolder(folder).write(solution, summary: "", seed: 0)
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    #expect(files.contains { $0.hasSuffix(".vtu") })
  }

  @Test("integrals over regions and meshes leave out what is outside")
  func integrals() throws {
    let task = try task(RobinHole())
    let state = try task.solution(of: RobinHole(), points: [17, 17]).last.state
    #expect(abs(try state.integral(of: .one) - (1 - 0.04 * .pi)) < 1e-10)
    #expect(try state.evaluate([.jet(Jet(0))], at: [[0.1, 0.05]])[0][0].isNaN)
    let ring = try self.task(MeshRing()).solution(of: MeshRing(), points: [17, 17]).last.state
    #expect(abs(try ring.integral(of: .one) - 0.75 * .pi) < 1e-4)
  }

  @Test("training on a region and on a mesh resumes bit for bit, on any number of threads")
  func resume() throws {
    func check(_ problem: some Problem) throws {
      let url = FileManager.default.temporaryDirectory.appendingPathComponent("region-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: url) }
      func run(_ folder: TrainingFolder?, until last: Int? = nil, resuming: Bool = false) throws
        -> Tensor<Double>
      {
        try Trainer(
          task(problem, inside: 100, boundary: 20, widths: [8]), optimizer: LevenbergMarquardt<Double>(),
          settings: .init(steps: 50, measuresEvery: 25), folder: folder
        ).run(resuming: resuming) { $0.step == last ? "enough" : nil }.parameters
      }
      let folder = TrainingFolder(url)
      try folder.create()
      _ = try run(folder, until: 31)
      #expect(try run(folder, resuming: true) == run(nil))
    }
    try check(RobinHole())
    try check(MeshRing())
    try check(HalfDisc())
  }

  @Test("what does not fit is said")
  func errors() throws {
    func text(_ body: () throws -> Void) -> String {
      do { try body() } catch { return "\(error)" }
      return ""
    }
    let unknown = text { _ = try PointwiseSystem(OnName(boundary: "rim")) }
    #expect(
      unknown.contains("'rim', which is no boundary of the region: it has left, right, bottom, top, hole"))
    let crossing = OnRegion(region: .polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    #expect(text { _ = try PointwiseSystem(crossing) }.contains("sides 0 and 2 of the polygon meet"))
    let disc = Region.disc(center: (0, 0), radius: 1)
    #expect(text { _ = try PointwiseSystem(OnRegion(region: disc.subtracting(disc))) }.contains("no points"))
    let refused = text { _ = try solve(OnRegion(region: disc), with: FiniteElementMethod()) }
    #expect(refused.contains("classical solvers need a mesh of it"))
    #expect(
      text { _ = try solve(OnName(boundary: "hole"), with: SuitableBasis(points: [9, 9])) }
        .contains("with the boundaries hole"))
    // The remedy works.
    let solution = try solve(
      OnRegion(region: disc), with: FiniteElementMethod(mesh: .disc(rings: 3)))
    #expect(solution.last.state.mesh != nil)
    let box = try PointwiseSystem(Corner())
    #expect(text { try box.requireBox(for: "a spectral model") }.contains("pinn"))
    #expect(
      text {
        _ = try PointwiseSystem(
          RobinHole(), on: MeshPlacement(mesh: .disc(rings: 3), boundaries: ["hole": ["rim"]]))
      }.contains("no boundary of the mesh"))
  }
}
