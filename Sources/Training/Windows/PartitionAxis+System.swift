import Equations
import NeuralNetworks

extension PartitionAxis {
  /// The axes of a partition of a problem's domain, for the core of a ``PhysicsNetwork`` with one wave per period.
  ///
  /// - Parameters:
  ///   - counts: Windows per coordinate, time last where there is one.
  ///   - overlap: The width of a window divided by the distance of their centres.
  /// - Throws: `TrainingError` where there is not one count per coordinate.
  public static func axes(of system: PointwiseSystem, counts: [Int], overlap: Double = 2) throws
    -> [PartitionAxis]
  {
    let names = ["x", "y", "z"].prefix(system.dimension) + (system.isEvolution ? ["t"] : [])
    guard counts.count == names.count, counts.allSatisfy({ $0 > 0 }) else {
      throw TrainingError(
        "\(counts.count) numbers of subdomains for the coordinates \(names.joined(separator: ", ")) of \(system.name): give "
          + "one for each, such as \(names.map { _ in "2" }.joined(separator: "x"))")
    }
    return counts.enumerated().map { axis, count in
      PartitionAxis(
        count, periodic: axis < system.dimension && system.box.intervals[axis].isPeriodic, overlap: overlap)
    }
  }
}
