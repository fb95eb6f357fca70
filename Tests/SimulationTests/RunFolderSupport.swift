import Ansatz
import Foundation

/// A folder for one test, removed afterwards.
final class ScratchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("ansatz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  subscript(name: String) -> URL { url.appendingPathComponent(name) }

  /// The content of every file below a folder, by relative path.
  static func content(_ folder: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let file = folder.appendingPathComponent(path)
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
      if !isFolder.boolValue { files[path] = try Data(contentsOf: file) }
    }
    return files
  }
}

/// u_t = ν u_xx on the circle, with its exact solution.
struct DecayingWave: Problem {
  var viscosity = ScalarField.parameter("viscosity", 0.1, in: 0...1)
  let u = ScalarField.unknown("u")

  var domain: Domain { .interval(0, 2 * .pi, periodic: true) }
  var equations: [Equation] { [dt(u) == viscosity * dx(dx(u))] }
  var conditions: [Condition] { [.initial(u == sin(x))] }
  var derived: [Derived] { [.integral("mass", u), .mean("energy", 0.5 * u * u), .field("slope", dx(u))] }
  var exact: [Equation] { [u == exp(-viscosity * t) * sin(x)] }
}

/// A plane velocity, for vector fields.
struct PlaneWaves: Problem {
  let v = VectorField.unknown("v")

  var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  var equations: [Equation] { [dt(v) + convect(v, v) == 0.1 * laplacian(v)] }
  var conditions: [Condition] { [.initial(v == [sin(x) * cos(y), cos(2 * x)])] }
}
