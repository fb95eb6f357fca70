import Ansatz
import Foundation

/// The files of a package with one PDE.
struct PackageTemplate {
  /// Where the package finds Ansatz.
  enum Dependency {
    case path(String)
    case url(String)
  }

  let name: String
  let dependency: Dependency

  /// Modules with which the package's own would clash, in lower case.
  static let takenNames: Set = [
    "ansatz", "tensors", "transforms", "algebra", "geometry", "equations", "formats", "spectral",
    "timestepping", "finiteelements", "finitevolumes", "meshes", "autodiff", "neuralnetworks", "optimizers",
    "training",
    "problems", "simulation", "swift", "foundation", "main", "problem", "cfftw", "copenblas", "csuitesparse",
    "ckernels",
  ]

  /// Writes the package into a new folder, which appears only when it is complete.
  func write(to folder: URL) throws {
    let manager = FileManager.default
    let work = folder.deletingLastPathComponent()
      .appendingPathComponent(".\(name).\(UInt64.random(in: 0 ... .max)).tmp")
    defer { try? manager.removeItem(at: work) }
    for path in ["", "Sources", "Sources/\(name)"] {
      let part = work.appendingPathComponent(path)
      guard mkdir(part.path, 0o777) == 0 else {
        throw FormatError.system(path: folder.path, action: "create", code: errno)
      }
    }
    let files = [
      "Package.swift": manifest, "README.md": readme, ".gitignore": ".build/\n*.run/\n",
      "Sources/\(name)/\(name).swift": problem, "Sources/\(name)/main.swift": main,
    ]
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      try AtomicFile.write(Array(text.utf8), to: work.appendingPathComponent(path))
    }
    guard rename(work.path, folder.path) == 0 else {
      throw FormatError.system(path: folder.path, action: "create", code: errno)
    }
  }

  /// The identity by which the package manager knows the dependency: the last part of its place.
  private var identity: String {
    switch dependency {
    case .path(let path): return URL(fileURLWithPath: path).lastPathComponent
    case .url(let url):
      let last = url.split(whereSeparator: { $0 == "/" || $0 == ":" }).last.map(String.init) ?? "ansatz"
      return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }
  }

  private var manifest: String {
    let place =
      switch dependency {
      case .path(let path): "path: \(Self.quoted(path))"
      case .url(let url): "url: \(Self.quoted(url)), branch: \"main\""
      }
    return """
      // swift-tools-version: 6.1
      import PackageDescription

      let package = Package(
        name: "\(name)",
        dependencies: [.package(\(place))],
        targets: [
          .executableTarget(
            name: "\(name)", dependencies: [.product(name: "Ansatz", package: \(Self.quoted(identity)))])
        ]
      )

      """
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      + "\""
  }

  private var problem: String {
    """
    import Ansatz

    /// u_t = D Δu + r u (1 − u) on a periodic square: a population that spreads and grows (Fisher 1937).
    ///
    /// Replace the equation by your own. Parameters, unknowns, domain, equations and conditions are all there is to a PDE;
    /// everything else follows from them.
    struct \(name): Problem {
      var diffusivity = ScalarField.parameter("diffusivity", 1e-3, in: 1e-5...1)
      var growth = ScalarField.parameter("growth", 5, in: 0...100)
      let u = ScalarField.unknown("u")

      var summary: String { "A population that spreads and grows." }
      var domain: Domain { .torus(0, 1, dimension: 2) }
      var equations: [Equation] { [dt(u) == diffusivity * laplacian(u) + growth * u * (1 - u)] }
      var conditions: [Condition] {
        let bump = exp(8 * (cos(2 * .pi * (x - 0.35)) + cos(2 * .pi * (y - 0.4)) - 2))
        let other = exp(20 * (cos(2 * .pi * (x - 0.75)) + cos(2 * .pi * (y - 0.7)) - 2))
        return [.initial(u == 0.5 * bump + 0.8 * other)]
      }
      var derived: [Derived] { [.mean("population", u)] }
    }

    """
  }

  private var main: String {
    """
    import Ansatz
    import Foundation

    do {
      let result = try solve(
        \(name)(), with: Fourier(points: [128, 128]), stepping: ETDRK4(step: 5e-3), until: 2, saving: .count(41),
        into: RunFolder.numbered("\(name.lowercased())"))

      let u = try result.last.field("u")
      print("u at t = \\(u.time) in the middle of the square:", try u(0.5, 0.5)[0])
      for series in result.manifest.series {
        print(series.name, "from", series.values[0], "to", series.values[series.values.count - 1])
      }
      print("Look at \\(result.folder.lastPathComponent)/preview.png and animation.png, or open fields.pvd in ParaView.")
    } catch {
      FileHandle.standardError.write(Data("\\(error)\\n".utf8))
      exit(1)
    }

    """
  }

  private var readme: String {
    """
    # \(name)

    A partial differential equation, written in `Sources/\(name)/\(name).swift` and solved with Ansatz.

        swift run -c release

    solves it and writes a run folder, `\(name.lowercased()).run`: fields over time for ParaView (`fields.pvd`), a picture
    (`preview.png`), an animation (`animation.png`), derived numbers (`numbers.csv`).

    To solve another PDE, change the equation, the conditions and the domain. To change resolution, time step or final time,
    edit the call of `solve` in `main.swift`.

    Ansatz needs FFTW, OpenBLAS and SuiteSparse; on Debian and Ubuntu:

        apt install libfftw3-dev libopenblas-dev libsuitesparse-dev

    """
  }
}
