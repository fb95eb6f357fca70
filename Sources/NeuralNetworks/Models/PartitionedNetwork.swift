import Foundation
import Tensors

/// How an axis of a box is cut into overlapping windows.
public struct PartitionAxis: Hashable, Sendable, Codable {
  /// How many windows there are.
  public var count: Int
  /// Whether the axis is a circle, whose feature columns are cos φ and sin φ; else it is one column in [−1, 1].
  public var isPeriodic: Bool
  /// The width of a window divided by the distance of their centres.
  public var overlap: Double

  public init(_ count: Int, periodic isPeriodic: Bool = false, overlap: Double = 2) {
    precondition(count > 0 && overlap > 1, "\(count) windows, \(overlap) times as wide as they are apart")
    (self.count, self.isPeriodic, self.overlap) = (count, isPeriodic, overlap)
  }

  /// Columns of features.
  public var columns: Int { isPeriodic ? 2 : 1 }
}

/// A sum of small networks, each of which counts in a window of its own: Σⱼ ωⱼ(x) Nⱼ(local coordinates), where the windows ωⱼ
/// overlap and sum to one everywhere (finite basis physics-informed networks, Moseley, Markham and Nissen-Meyer, Adv. Comput.
/// Math. 49, 2023).
///
/// Local coordinates go from −1 to 1 over a window, so that fine structure in a large domain is coarse to the network that has
/// to learn it. Windows are the products over axes of ((1 + cos πs)/2)³ for |s| < 1, which has five continuous derivatives,
/// divided by their sum; around a circle powers of (1 + cos φ)/2, which are analytic.
public struct PartitionedNetwork<Core: Layer>: Layer {
  public typealias Scalar = Core.Scalar

  public let axes: [PartitionAxis]
  /// One network per window, the windows of the last axis next to each other.
  public let parts: [Core]

  /// Networks for the windows of all axes.
  ///
  /// - Parameter core: Makes the network of a window for a number of features, as many as those of the whole.
  public init(_ axes: [PartitionAxis], core: (_ features: Int) -> Core) {
    precondition(!axes.isEmpty, "a partition needs axes")
    self.axes = axes
    let features = axes.reduce(0) { $0 + $1.columns }
    parts = (0..<axes.reduce(1) { $0 * $1.count }).map { _ in core(features) }
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let features = axes.reduce(0) { $0 + $1.columns }
    precondition(
      x.rank == 2 && x.shape[1] == features, "features of shape \(x.shape) for axes with \(features) columns")
    var first = 0
    // For each axis and window, ω and the local coordinates.
    let tables = axes.map { axis -> [(weight: Tensor<Scalar>?, local: Tensor<Scalar>)] in
      defer { first += axis.columns }
      return axis.windows(x.slice(axis: 1, first..<first + axis.columns))
    }
    var sum: Tensor<Scalar>?
    for (number, part) in parts.enumerated() {
      var (rest, place) = (number, Array(repeating: 0, count: axes.count))
      for axis in axes.indices.reversed() {
        place[axis] = rest % axes[axis].count
        rest /= axes[axis].count
      }
      let chosen = zip(tables, place).map { $0[$1] }
      let local = chosen.count == 1 ? chosen[0].local : .concatenated(chosen.map(\.local), axis: 1)
      let value = chosen.compactMap(\.weight).reduce(part(local)) { $0 * $1 }
      sum = sum.map { $0 + value } ?? value
    }
    return sum!
  }

  /// ωⱼ at features [points, features]: one column per window, [points, windows].
  public func weights(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var first = 0
    var columns = [Tensor<Scalar>.ones([x.shape[0], 1])]
    for axis in axes {
      let windows = axis.windows(x.slice(axis: 1, first..<first + axis.columns))
      first += axis.columns
      columns = columns.flatMap { column in
        windows.map { window in window.weight.map { column * $0 } ?? column }
      }
    }
    return .concatenated(columns, axis: 1)
  }
}

extension PartitionAxis {
  /// Half the width of a window of an axis that is not a circle.
  private var reach: Double { overlap / Double(count) }

  /// For each window, ω (nil where it is 1) and local coordinates at columns of features.
  fileprivate func windows<Scalar: Real>(_ x: Tensor<Scalar>) -> [(
    weight: Tensor<Scalar>?, local: Tensor<Scalar>
  )] {
    guard count > 1 else { return [(nil, x)] }
    let parts = (0..<count).map { isPeriodic ? arc($0, x) : segment($0, x) }
    let sum = parts.dropFirst().reduce(parts[0].weight) { $0 + $1.weight }
    return parts.map { ($0.weight / sum, $0.local) }
  }

  private func segment<Scalar: Real>(_ j: Int, _ x: Tensor<Scalar>) -> (
    weight: Tensor<Scalar>, local: Tensor<Scalar>
  ) {
    let centre = -1 + Double(2 * j + 1) / Double(count)
    let s = (x - Scalar(centre)) * Scalar(1 / reach)
    let hill = (cos(s * Scalar(Double.pi)) + 1) * 0.5
    return (hill.squared * hill * (s.squared .< Tensor(1)), s)
  }

  private func arc<Scalar: Real>(_ j: Int, _ x: Tensor<Scalar>) -> (
    weight: Tensor<Scalar>, local: Tensor<Scalar>
  ) {
    let (c, s) = (x.slice(axis: 1, 0..<1), x.slice(axis: 1, 1..<2))
    let angle = 2 * Double.pi * Double(j) / Double(count)
    let (a, b) = (Foundation.cos(angle), Foundation.sin(angle))
    let cosine = c * Scalar(a) + s * Scalar(b)
    let sine = s * Scalar(a) - c * Scalar(b)
    // Halfway between two centres it is as high as a window of another axis would be.
    let there = 3 * Foundation.log((1 + Foundation.cos(.pi / overlap)) / 2)
    let power = there / Foundation.log((1 + Foundation.cos(.pi / Double(count))) / 2)
    let hill = (cosine + 1) * 0.5
    let scale = Double(count) / (overlap * .pi)
    // Whole powers have derivatives of all orders where a hill is zero.
    let weight = Tensors.pow(hill, max(Int(power.rounded(.up)), 1))
    return (
      weight,
      .concatenated([(1 - cosine) * Scalar(scale * scale), sine * Scalar(scale)], axis: 1)
    )
  }
}
