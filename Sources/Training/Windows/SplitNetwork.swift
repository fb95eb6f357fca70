import Equations
import Geometry
import NeuralNetworks
import Tensors

/// Networks of boxes that tile the domain of a problem without overlap.
public struct SplitNetwork<Core: Layer>: Layer {
  public typealias Scalar = Core.Scalar

  /// A box of the tiling, time included.
  struct Cell: Sendable {
    /// The number of the cell along each coordinate.
    let place: [Int]
    /// Its bounds along each coordinate.
    let bounds: [ClosedRange<Double>]
  }

  /// One network per cell, those along the last coordinate next to each other.
  public let parts: [Core]
  let cells: [Cell]
  /// Cells per coordinate.
  let counts: [Int]
  /// Whether each coordinate is a circle.
  let isPeriodic: [Bool]
  private let features: [CoordinateFeatures]
  private let conditions: HardConditions?

  /// Networks of cells of equal size.
  ///
  /// - Parameters:
  ///   - counts: Cells per coordinate, time last where there is one.
  ///   - until: The final time.
  ///   - conditions: Conditions to meet by construction, by every network.
  ///   - core: Makes the core of a cell for a number of features.
  /// - Throws: `TrainingError` where there is not one count per coordinate.
  public init(
    _ system: PointwiseSystem, counts: [Int], until: Double = 1, conditions: HardConditions? = nil,
    core: (_ features: Int) -> Core
  ) throws {
    // The same checks as for windows that overlap.
    _ = try PartitionAxis.axes(of: system, counts: counts)
    let intervals = system.box.intervals.map { $0.lower...$0.upper } + (system.isEvolution ? [0...until] : [])
    self.counts = counts
    isPeriodic = system.box.intervals.map(\.isPeriodic) + (system.isEvolution ? [false] : [])
    var cells: [Cell] = []
    for number in 0..<counts.reduce(1, *) {
      var (rest, place) = (number, Array(repeating: 0, count: counts.count))
      for axis in counts.indices.reversed() {
        place[axis] = rest % counts[axis]
        rest /= counts[axis]
      }
      let bounds = counts.indices.map { axis -> ClosedRange<Double> in
        let (a, b) = (intervals[axis].lowerBound, intervals[axis].upperBound)
        func bound(_ k: Int) -> Double {
          k == counts[axis] ? b : a + (b - a) * Double(k) / Double(counts[axis])
        }
        return bound(place[axis])...bound(place[axis] + 1)
      }
      cells.append(Cell(place: place, bounds: bounds))
    }
    self.cells = cells
    self.conditions = conditions
    let features = cells.map { cell in
      var own = system
      own.box = Box(
        system.box.intervals.enumerated().map { axis, interval in
          Box.Interval(
            cell.bounds[axis].lowerBound, cell.bounds[axis].upperBound,
            periodic: interval.isPeriodic && counts[axis] == 1)
        })
      let time = system.isEvolution ? cell.bounds.last! : 0...1
      return CoordinateFeatures(own, until: time.upperBound - time.lowerBound, waves: 1)
    }
    self.features = features
    parts = features.map { core($0.count) }
  }

  /// The unknowns of one cell's network at points, wherever they lie.
  func part(_ number: Int, _ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let time = counts.count > features[number].spatialCount ? cells[number].bounds.last!.lowerBound : 0
    let shift = Tensor<Scalar>(
      shape: [1, counts.count], counts.indices.map { $0 == counts.count - 1 ? Scalar(time) : 0 })
    let outputs = parts[number](features[number](time == 0 ? x : x - shift))
    return conditions?(outputs, at: x) ?? outputs
  }

  /// The unknowns at points, each by the network of its cell; on a border by that of the upper one.
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    var sum: Tensor<Scalar>?
    for (number, cell) in cells.enumerated() {
      var value = part(number, x)
      for axis in counts.indices where counts[axis] > 1 {
        let column = x.slice(axis: 1, axis..<axis + 1)
        if cell.place[axis] > 0 {
          value = value * (1 - (column .< Tensor(Scalar(cell.bounds[axis].lowerBound))))
        }
        if cell.place[axis] < counts[axis] - 1 {
          value = value * (column .< Tensor(Scalar(cell.bounds[axis].upperBound)))
        }
      }
      sum = sum.map { $0 + value } ?? value
    }
    return sum!
  }

  /// Pairs of cells that touch, and the coordinate across which they do: the second begins where the first ends.
  var interfaces: [(first: Int, second: Int, axis: Int)] {
    cells.indices.flatMap { first in
      counts.indices.compactMap { axis -> (first: Int, second: Int, axis: Int)? in
        var place = cells[first].place
        place[axis] += 1
        if place[axis] == counts[axis] {
          guard isPeriodic[axis], counts[axis] > 1 else { return nil }
          place[axis] = 0
        }
        return (first, zip(place, counts).reduce(0) { $0 * $1.1 + $1.0 }, axis)
      }
    }
  }
}
