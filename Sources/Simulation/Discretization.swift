import Equations
import Foundation
import Geometry
import Spectral

/// A way to discretise an evolution equation in space.
public protocol EvolutionMethod: Sendable {
  /// The name by which the command line knows the method, such as "fourier".
  var name: String { get }
  /// Grid points per axis; a single number holds for all.
  var points: [Int] { get }
  /// Discretises a lowered problem.
  ///
  /// - Parameters:
  ///   - system: The lowered problem.
  ///   - seed: What random fields in sources are drawn from.
  /// - Throws: ``EquationError`` when the method cannot take the equation, with what to use instead.
  func discretize(_ system: PDESystem, seed: UInt64) throws -> any SpectralSystem
}

/// Fourier modes on a periodic box, products on a grid.
public struct Fourier: EvolutionMethod {
  public var points: [Int]
  public var dealiasing: Dealiasing

  /// - Parameters:
  ///   - points: Grid points per axis.
  ///   - dealiasing: How products are kept free of aliases.
  public init(points: [Int], dealiasing: Dealiasing = .automatic) {
    (self.points, self.dealiasing) = (points, dealiasing)
  }

  public var name: String { "fourier" }

  public func discretize(_ system: PDESystem, seed: UInt64) throws -> any SpectralSystem {
    let points = try system.resolvedPoints(points)
    return try FourierSystem(system, points: points, dealiasing: dealiasing) { field in
      RandomFields(seed: seed, stream: 1 << 32).values(of: field, box: system.box, points: points)
    }
  }
}

extension PDESystem {
  /// One number of points per axis, checked: a single number holds for all.
  ///
  /// - Throws: ``EquationError`` when the counts do not fit the box or the machine.
  func resolvedPoints(_ points: [Int], requiringBox: Bool = true) throws -> [Int] {
    if requiringBox { try requireBox() }
    let d = dimension
    let counts = points.count == 1 ? Array(repeating: points[0], count: d) : points
    guard counts.count == d else {
      throw EquationError(
        "\(points.count) point counts were given for \(name), which has \(d) dimension\(d == 1 ? "" : "s"): "
          + "give one for all axes or one per axis")
    }
    guard let smallest = counts.min(), smallest >= 4 else {
      throw EquationError("\(counts.min() ?? 0) points along an axis are too few: give at least 4")
    }
    // Doubles: state, stages and history of a fourth-order method, grid products, tables of coefficients.
    let fields = Double(12 * unknowns.count + 8)
    let bytes = counts.reduce(8 * fields) { $0 * Double($1) }
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    guard bytes < 0.9 * memory else {
      throw EquationError(
        "\(counts.map(String.init).joined(separator: " × ")) points would need about \(byteText(bytes)), and this machine "
          + "has \(byteText(memory)): give fewer points")
    }
    return counts
  }
}

extension Problem {
  /// The values of all parameters: the given ones, and defaults.
  func values(of parameters: ParameterValues) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: self.parameters.map { ($0.name, parameters[$0]) })
  }
}

/// "3.2 GiB".
func byteText(_ bytes: Double) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
  var (value, unit) = (bytes, 0)
  while value >= 1024, unit + 1 < units.count { (value, unit) = (value / 1024, unit + 1) }
  return String(format: value < 10 && unit > 0 ? "%.1f %@" : "%.0f %@", value, units[unit])
}

extension PDESystem {
  /// Checks that the problem is posed on a box, with conditions on its sides only.
  ///
  /// - Throws: ``EquationError`` that says to use finite elements.
  func requireBox() throws {
    try requireNoRegion()
    if mesh != nil {
      throw EquationError(
        "\(name) is posed on a mesh, and this method works on boxes: use finite elements (fem)")
    }
    let sides = Axis.allCases.prefix(dimension).flatMap {
      [Side($0, upper: false).name, Side($0, upper: true).name]
    }
    for condition in namedBoundary {
      if condition.isFlux {
        throw EquationError(
          "'\(condition.text)' prescribes a flux, which this method cannot take: give dn of the unknown instead, or use "
            + "finite elements (fem)")
      }
      if let name = condition.names.first(where: { !sides.contains($0) }) {
        throw EquationError(
          "'\(condition.text)' is set on the boundary '\(name)' of a mesh, but the domain is a box: name a side "
            + "(on: .left, …), or use finite elements (fem)")
      }
    }
  }
}
