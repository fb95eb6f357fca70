import Equations
import Foundation
import Geometry
import NeuralNetworks
import Optimizers
import Tensors

/// Positions of characteristics of a network at given times, and the labels that are at given positions.
///
/// Positions of a grid of labels are computed at each time; a label is found there and improved by Newton's method on the
/// network itself. Periodic positions are wrapped into the box.
struct CharacteristicMap<Scalar: OptimizerScalar> {
  /// Times of the grid.
  let times: [Double]
  /// What characteristics do: det ∂X/∂a at the grid.
  let crossing: CrossingReport

  private let lagrangian: LagrangianSystem
  private let evaluator: LabelEvaluator<Scalar>
  private let slices: [any PositionSlice]

  /// What an evaluator for ``CharacteristicMap`` evaluates: X, and ∂X/∂a by rows, and det ∂X/∂a.
  static func formulas(_ lagrangian: LagrangianSystem) -> [Node] {
    let axes = Array(Axis.allCases.prefix(lagrangian.system.dimension))
    let positions = axes.map { axis in
      Node.coordinate(axis) + .constant(lagrangian.drift[axis.rawValue]) * .time
        + .jet(Jet(lagrangian.displacement(axis)))
    }
    let slopes = axes.flatMap { axis in
      axes.map { label in
        let slope = Node.jet(Jet(lagrangian.displacement(axis), MultiIndex(label)))
        return axis == label ? .one + slope : slope
      }
    }
    return positions + slopes + [lagrangian.positionDerivatives.determinant]
  }

  /// Labels per axis of the grid.
  static func resolution(_ dimension: Int) -> Int { dimension == 1 ? 512 : 64 }

  /// The characteristics of a network.
  ///
  /// - Parameters:
  ///   - evaluator: Evaluates ``formulas(_:)``.
  ///   - times: Times in ascending order.
  init(_ lagrangian: LagrangianSystem, _ evaluator: LabelEvaluator<Scalar>, times: [Double]) throws {
    (self.lagrangian, self.evaluator, self.times) = (lagrangian, evaluator, times)
    let (dimension, cells) = (lagrangian.system.dimension, Self.resolution(lagrangian.system.dimension))
    let axes = lagrangian.labels.box.intervals.map { interval in
      (0...cells).map { interval.lower + (interval.upper - interval.lower) * Double($0) / Double(cells) }
    }
    let labels = axes.reduce([[]]) { rows, axis in rows.flatMap { row in axis.map { row + [$0] } } }
    let count = labels.count
    let columns = try evaluator(times.flatMap { t in labels.flatMap { $0 + [t] } })
    slices = times.indices.map { k -> any PositionSlice in
      let range = k * count..<(k + 1) * count
      let positions = columns.prefix(dimension).map { Array($0[range]) }
      return dimension == 1
        ? PositionLine(labels: axes[0], positions: positions[0], interval: lagrangian.system.box.intervals[0])
        : PositionTriangles(axes: axes, positions: positions, box: lagrangian.system.box)
    }
    crossing = CrossingReport(
      times: times, determinants: columns[dimension + dimension * dimension],
      positions: Array(columns.prefix(dimension)), box: lagrangian.system.box)
  }

  /// Labels at positions.
  struct Labels {
    /// Rows of label coordinates and time, as an evaluator takes them.
    var rows: [Double] = []
    /// How many labels of the grid are at each position: 1 as long as characteristics do not cross.
    var branches: [Int] = []
  }

  /// The labels that are at positions at times.
  ///
  /// Where characteristics have crossed, one of the labels is given, and their number says so.
  ///
  /// - Parameter points: Positions and time, [point][coordinate].
  func labels(at points: [[Double]]) throws -> Labels {
    let (box, dimension) = (lagrangian.system.box, lagrangian.system.dimension)
    var result = Labels()
    var search = points.map { point -> LabelSearch in
      let t = point[dimension]
      let position = zip(box.intervals, point).map { $0.wrapped($1) }
      let found = slices[slice(nearest: t)].label(at: position)
      result.branches.append(found.branches)
      return LabelSearch(position: position, time: t, label: found.label)
    }
    var open = Array(search.indices)
    for _ in 0..<40 where !open.isEmpty {
      let columns = try evaluator(open.flatMap { search[$0].trial + [search[$0].time] })
      var left: [Int] = []
      for (i, index) in open.enumerated() {
        let position = (0..<dimension).map { columns[$0][i] }
        let slopes = (0..<dimension * dimension).map { columns[dimension + $0][i] }
        if !search[index].improve(position, slopes, box, labels: lagrangian.labels.box) { left.append(index) }
      }
      open = left
    }
    for item in search.indices {
      result.rows +=
        zip(lagrangian.labels.box.intervals, search[item].label).map { $0.wrapped($1) } + [search[item].time]
    }
    return result
  }

  private func slice(nearest t: Double) -> Int {
    times.indices.min { abs(times[$0] - t) < abs(times[$1] - t) }!
  }
}

/// Positions of a grid of labels at one time.
protocol PositionSlice {
  /// A label near the one that is at a position of the box, and how many there are.
  func label(at position: [Double]) -> (label: [Double], branches: Int)
}

extension Box.Interval {
  /// A coordinate moved into the interval by whole periods, where it is periodic.
  func wrapped(_ x: Double) -> Double {
    guard isPeriodic, x.isFinite else { return x }
    let period = upper - lower
    let inside = x - period * ((x - lower) / period).rounded(.down)
    return inside >= upper ? lower : inside
  }

  /// The difference b − a, of periodic coordinates the one of least size.
  func difference(_ a: Double, _ b: Double) -> Double {
    guard isPeriodic, a.isFinite, b.isFinite else { return b - a }
    let period = upper - lower
    return b - a - period * ((b - a) / period).rounded()
  }
}
