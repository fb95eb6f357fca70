import Ansatz
import Foundation
import Testing

/// Heat from a random start between a cold and an insulated wall, on any mesh.
struct RandomHeat: Problem {
  let u = ScalarField.unknown("u")

  var domain: Domain { .rectangle((0, 1), (0, 1)) }
  var equations: [Equation] { [dt(u) == div((1 + 0.5 * u * u) * grad(u))] }
  var conditions: [Condition] {
    [
      .initial(u == .random(.gaussian(smoothness: 2, inverseLength: 3, scale: 10))),
      .dirichlet(u == 0, on: .left),
    ]
  }
  var derived: [Derived] { [.mean("mean", u), .field("slope", grad(u))] }
}

@Suite struct MeshRunFolderTests {
  /// The meshes and methods of runs.
  enum Case: String, CaseIterable {
    /// The problem's own mesh and a linear equation.
    case annulus
    /// The problem's own mesh of second order, a pressure, and a derivative that is kept over steps.
    case wake
    /// A shipped mesh, other boundaries than the problem's, a random start and a nonlinear equation.
    case shipped
    /// A mesh that is made of the problem's box, and a random start.
    case box

    var problem: any Problem {
      switch self {
      case .annulus: HeatAnnulus()
      case .wake: CylinderFlow(isUnsteady: true, cells: 4)
      case .shipped, .box: RandomHeat()
      }
    }

    func method() throws -> FiniteElementMethod {
      switch self {
      case .annulus: FiniteElementMethod(order: 2)
      case .wake: FiniteElementMethod(order: 2)
      case .shipped:
        FiniteElementMethod(mesh: try .named(.disc), boundaries: ["left": ["boundary"]], order: 1)
      case .box: FiniteElementMethod(order: 1, cells: [12, 9])
      }
    }

    var stepping: ImplicitStepping {
      switch self {
      case .annulus: ImplicitStepping(.midpoint, step: 0.01)
      case .shipped: ImplicitStepping(.backwardEuler, step: 0.01)
      case .wake, .box: ImplicitStepping(.bdf2, step: 0.01)
      }
    }
  }

  private func begin(
    _ problem: some Problem, _ run: Case, _ folder: URL, formats: [RunFormat], stopAfter last: Int = -1
  ) throws -> RunResult {
    try solve(
      problem, with: run.method(), stepping: run.stepping, until: 0.1, seed: 5, saving: .count(4),
      into: RunFolder(folder, formats: formats),
      onStep: { context, _ in context.index == last ? .stop(reason: "test") : .proceed })
  }

  @Test(arguments: Case.allCases, [[RunFormat.vtk, .png], [.npy]])
  func resumesBitByBit(_ run: Case, _ formats: [RunFormat]) throws {
    let scratch = try ScratchFolder()
    let whole = try begin(run.problem, run, scratch["whole"], formats: formats)
    #expect(whole.manifest.status == .completed && whole.manifest.frames.count == 4)
    for last in [1, 2, 5, 10] {
      let name = "part-\(last)"
      let part = try begin(run.problem, run, scratch[name], formats: formats, stopAfter: last)
      #expect(part.manifest.status == .interrupted && part.manifest.statistics.steps == last)
      #expect(try RunArchive(scratch[name]).frameCount == part.manifest.frames.count)
      var steps = 0
      var manifest = try resume(
        run.problem, onMeshIn: scratch[name],
        onStep: { _, _ in
          steps += 1
          return steps == 2 ? .stop(reason: "again") : .proceed
        }
      ).manifest
      if manifest.status == .interrupted {
        manifest = try resume(run.problem, onMeshIn: scratch[name]).manifest
      }
      var expected = try ScratchFolder.content(scratch["whole"])
      var actual = try ScratchFolder.content(scratch[name])
      expected["manifest.json"] = nil
      actual["manifest.json"] = nil
      #expect(expected.keys.sorted() == actual.keys.sorted())
      for (path, data) in expected { #expect(actual[path] == data, "\(path) after \(last) steps") }
      manifest.statistics.secondsSetup = whole.manifest.statistics.secondsSetup
      manifest.statistics.secondsSolve = whole.manifest.statistics.secondsSolve
      #expect(manifest == whole.manifest)
    }
  }

  @Test func framesAppearWhileTheRunGoesOn() throws {
    let scratch = try ScratchFolder()
    var counts: [Int] = []
    try solve(
      HeatAnnulus(), with: FiniteElementMethod(), stepping: ImplicitStepping(step: 0.01), until: 0.04,
      saving: .count(3), into: RunFolder(scratch["r"]),
      onStep: { _, _ in
        let manifest = try RunManifest.read(scratch["r"])
        #expect(manifest.status == .running)
        counts.append(try PVDSeries.read(scratch["r/fields.pvd"]).entries.count)
        let last = try VTKXML.readMesh(scratch["r/fields/000\(counts.last! - 1).vtu"])
        #expect(last.time == manifest.time && last.pointFields.map(\.name) == manifest.fields.map(\.name))
        return .proceed
      })
    #expect(counts == [1, 2, 2, 3])
  }

  @Test("meshes come back from run folders as they were", arguments: ShippedMesh.allCases)
  func meshesRoundTrip(_ name: ShippedMesh) throws {
    let scratch = try ScratchFolder()
    let mesh = try Mesh.named(name)
    try VTKXML.write(MeshDataset(mesh: mesh), to: scratch["mesh.vtu"])
    #expect(try VTKXML.readMesh(scratch["mesh.vtu"]).mesh == mesh)
  }

  @Test func exportsEveryFormat() throws {
    let scratch = try ScratchFolder()
    for formats in [[RunFormat.vtk], [.npy]] {
      let folder = scratch["run-\(formats[0].rawValue)"]
      let result = try begin(Case.wake.problem, .wake, folder, formats: formats)
      let archive = try RunArchive(folder)
      let mesh = try #require(archive.mesh)
      let last = result.last
      #expect(archive.manifest.fields.map(\.name) == ["u", "p", "vorticity"])
      for format in ExportFormat.allCases {
        let target = scratch["\(formats[0].rawValue)-\(format.rawValue)"]
        try archive.export(as: format, to: target)
        let velocity = try archive.meshDataset(3).pointFields[0].components
        switch format {
        case .vtk, .vtu:
          let read = try VTKXML.readMesh(target.appendingPathComponent("0003.vtu"))
          #expect(read.mesh == mesh && Array(read.pointFields[0].components.prefix(2)) == velocity)
          let series = try PVDSeries.read(target.appendingPathComponent("fields.pvd"))
          #expect(series.entries.map(\.file) == (0..<4).map { "000\($0).vtu" })
        case .vtkLegacy:
          let read = try LegacyVTK.readMesh(target.appendingPathComponent("0003.vtk"))
          #expect(Array(read.pointFields[0].components.prefix(2)) == velocity)
        case .npy:
          let points = try NPY.read(target.appendingPathComponent("points.npy"))
          #expect(points.shape == [mesh.pointCount, 2] && points.doubles == mesh.coordinates)
          let u = try NPY.read(target.appendingPathComponent("u.npy"))
          #expect(u.shape == [4, 2, mesh.pointCount])
          #expect(Array(u.doubles!.suffix(2 * mesh.pointCount)) == velocity.flatMap(\.self))
        case .npz:
          let entries = try NPZ.read(target)
          let cells = entries.filter { $0.name.hasPrefix("cells") }
          #expect(cells.reduce(0) { $0 + $1.array.shape[0] } == mesh.cellCount)
          #expect(cells.map { $0.array.shape[1] } == mesh.cells.map(\.nodesPerElement))
        case .csv:
          let table = try CSVTable.read(target.appendingPathComponent("0003.csv"))
          #expect(table.header == ["x", "y", "u_x", "u_y", "p", "vorticity"])
          #expect(try table.column("u_y") == velocity[1])
        case .png:
          #expect(try PNG.read(target.appendingPathComponent("0003.png")).width == 800)
        }
      }
      // Between the points, the archive's grid shows what the elements of the same order as the mesh hold.
      let own = try last.field("u")
      let shown = try archive.dataset(3).fields[0].components[0]
      for (a, b) in zip(own.gridValues[0], shown) where a.isFinite { #expect(abs(a - b) < 1e-9) }
    }
  }

  @Test(
    arguments: ["manifest.json", "checkpoint.safetensors", "mesh.vtu", "fields/0001.vtu"],
    RunFolderDamageTests.Damage.allCases)
  func refusesDamagedFiles(_ path: String, _ damage: RunFolderDamageTests.Damage) throws {
    let scratch = try ScratchFolder()
    _ = try begin(HeatAnnulus(), .annulus, scratch["r"], formats: [.vtk], stopAfter: 7)
    let file = scratch["r/\(path)"]
    var data = try Data(contentsOf: file)
    switch damage {
    case .removed: try FileManager.default.removeItem(at: file)
    case .emptied: try Data().write(to: file)
    case .cut: try data.prefix(data.count / 2).write(to: file)
    case .garbled:
      let middle = path.hasPrefix("fields") ? 100 : data.count / 2
      for i in middle..<middle + 8 { data[i] = 0x01 }
      try data.write(to: file)
    }
    let before = try ScratchFolder.content(scratch["r"])
    let error = #expect(throws: (any Error).self) { try resume(HeatAnnulus(), onMeshIn: scratch["r"]) }
    #expect(error is RunFolderError || error is FormatError)
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(file.lastPathComponent) && !text.contains("\n"), "\(text)")
    #expect(try ScratchFolder.content(scratch["r"]) == before)
  }

  @Test(
    arguments: [
      ("\"step\" : 0.01", "\"step\" : -1"), ("\"until\" : 0.1", "\"until\" : 0"),
      ("\"frames\" : 4", "\"frames\" : 1000000000000000"), ("\"midpoint\"", "\"BDF9\""),
      ("\"order\" : 2", "\"order\" : 1"), ("\"order\" : 2", "\"order\" : 9"),
      ("\"layout\" : 1", "\"layout\" : 7"), ("\"mesh.vtu\"", "\"../mesh.vtu\""),
      ("\"until\" : 0.1", "\"until\" : 0.05"), ("\"isMeshGiven\" : false", "\"isMeshGiven\" : 3"),
      ("\"checksum\" : \"", "\"checksum\" : \"a"),
    ])
  func refusesForgedManifests(_ text: String, _ replacement: String) throws {
    let scratch = try ScratchFolder()
    _ = try begin(HeatAnnulus(), .annulus, scratch["r"], formats: [.vtk], stopAfter: 7)
    let file = scratch["r/manifest.json"]
    let original = try String(contentsOf: file, encoding: .utf8)
    #expect(original.contains(text))
    try original.replacingOccurrences(of: text, with: replacement).write(
      to: file, atomically: true, encoding: .utf8)
    #expect(throws: (any Error).self) { try resume(HeatAnnulus(), onMeshIn: scratch["r"]) }
  }

  @Test func refusesOtherKindsOfRuns() throws {
    let scratch = try ScratchFolder()
    _ = try begin(HeatAnnulus(), .annulus, scratch["r"], formats: [.vtk], stopAfter: 3)
    #expect(throws: RunFolderError.self) { try resume(HeatAnnulus(), in: scratch["r"]) }
    #expect(throws: RunFolderError.self) { try resume(RandomHeat(), onMeshIn: scratch["r"]) }
    _ = try resume(HeatAnnulus(), onMeshIn: scratch["r"])
    #expect(throws: RunFolderError.self) { try resume(HeatAnnulus(), onMeshIn: scratch["r"]) }
  }

  /// u̇ = u² from 1 blows up at t = 1; implicit steps have no solution shortly before.
  private struct BlowUp: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 1) }
    var equations: [Equation] { [dt(u) - laplacian(u) == u * u] }
    var conditions: [Condition] { [.initial(u == 1), .neumann(dn(u) == 0)] }
  }

  @Test func aRunThatBlowsUpLeavesItsFrames() throws {
    let scratch = try ScratchFolder()
    #expect(throws: SolveError.self) {
      try solve(
        BlowUp(), with: FiniteElementMethod(cells: [8]),
        stepping: ImplicitStepping(.backwardEuler, step: 0.05),
        until: 2, saving: .count(21), into: RunFolder(scratch["r"]))
    }
    let manifest = try RunManifest.read(scratch["r"])
    #expect(manifest.status == .failed && manifest.frames.count > 3 && manifest.frames.count < 21)
    #expect(throws: RunFolderError.self) { try resume(BlowUp(), onMeshIn: scratch["r"]) }
  }

  @Test("random media and starts on meshes follow the seed, and the law of grids")
  func randomFields() throws {
    let grid = try solve(Darcy(), with: GridMethod.multigrid(points: [257, 257]), seed: 3)
    let mesh = Mesh.rectangle(cells: [128, 128])
    let onMesh = try solve(Darcy(), with: FiniteElementMethod(mesh: mesh, order: 2), seed: 3)
    // The same field of the same seed: solutions differ by their discretisations at the interfaces.
    let points = (1..<8).flatMap { i in (1..<8).map { [Double(i) / 8, Double($0) / 8] } }
    let (a, b) = (try grid.field("u").values(at: points)[0], try onMesh.field("u").values(at: points)[0])
    let largest = a.max()!
    for (a, b) in zip(a, b) { #expect(abs(a - b) < 0.02 * largest) }
    let other = try solve(Darcy(), with: FiniteElementMethod(mesh: mesh), seed: 4)
    #expect(abs(try other.field("u").values(at: points)[0][24] - b[24]) > 1e-3 * largest)
    let k = try onMesh.field("permeability").values
    #expect(k.allSatisfy { $0 == 4 || $0 == 12 } && Set(k).count == 2)
  }
}
