import Equations
import Foundation
import Geometry
import NeuralNetworks
import Tensors

/// A network for the unknowns of a problem: coordinates are scaled to [-1, 1], periodic ones become sines and cosines of
/// the period, so that the network is periodic exactly, and conditions may be met by construction.
public struct PhysicsNetwork<Core: Layer>: Layer {
  public typealias Scalar = Core.Scalar

  /// The network behind the coordinates: [points, features] to [points, unknowns].
  public let core: Core
  /// Coefficients that are to be found, whose values follow those of the unknowns.
  public let fields: [FieldModel<Scalar>]
  private let coordinates: CoordinateFeatures
  private let conditions: HardConditions?

  /// A network around a core.
  ///
  /// - Parameters:
  ///   - system: The problem at points.
  ///   - until: The final time.
  ///   - waves: How many multiples of the base frequency a periodic coordinate is turned into.
  ///   - frequencies: Of coordinates that are not periodic, frequencies that become features besides.
  ///   - conditions: Conditions to meet by construction.
  ///   - fields: The coefficients that the system has to find, in their order.
  ///   - core: Makes the core for a number of features.
  public init(
    _ system: PointwiseSystem, until: Double = 1, waves: Int = 1,
    frequencies: DataFrequencies? = nil, conditions: HardConditions? = nil,
    fields: [FieldModel<Scalar>] = [], core: (_ features: Int) -> Core
  ) {
    coordinates = CoordinateFeatures(system, until: until, waves: waves, frequencies: frequencies)
    self.conditions = conditions
    self.fields = fields
    self.core = core(coordinates.count)
  }

  /// The unknowns at points, and fields that are to be found: [points, coordinates] to [points, functions].
  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let outputs = core(coordinates(x))
    let unknowns = conditions?(outputs, at: x) ?? outputs
    return fields.isEmpty ? unknowns : .concatenated([unknowns] + fields.map { $0(x) }, axis: 1)
  }
}

/// Scaled and periodic coordinates.
struct CoordinateFeatures: Sendable {
  private enum Column: Sendable {
    case scaled(factor: Double, offset: Double)
    case periodic(frequency: Double)
  }

  private let columns: [Column]
  private let waves: Int
  /// For each coordinate, multiples of half a wave over its interval, from its beginning on.
  private let multiples: [[Int]]
  /// The number of features.
  let count: Int
  /// The number of coordinates that are not time.
  let spatialCount: Int

  init(_ system: PointwiseSystem, until: Double, waves: Int, frequencies: DataFrequencies? = nil) {
    precondition(waves > 0, "a periodic coordinate needs at least one wave")
    let space = frequencies?.multiples ?? system.box.intervals.map { _ in [] }
    precondition(
      space.count == system.dimension, "frequencies of \(space.count) axes for \(system.dimension)")
    spatialCount = system.dimension
    multiples = space + (system.isEvolution ? [[]] : [])
    columns =
      system.box.intervals.map { interval in
        let length = interval.upper - interval.lower
        return interval.isPeriodic
          ? .periodic(frequency: 2 * Double.pi / length)
          : .scaled(factor: 2 / length, offset: -(interval.lower + interval.upper) / length)
      } + (system.isEvolution ? [.scaled(factor: 2 / until, offset: -1)] : [])
    self.waves = waves
    count =
      columns.reduce(0) { count, column in
        if case .periodic = column { count + 2 * waves } else { count + 1 }
      } + multiples.reduce(0) { $0 + 2 * $1.count }
  }

  private var isPeriodic: Bool {
    columns.contains { if case .periodic = $0 { true } else { false } }
  }

  /// Features of points, [points, coordinates] to [points, features].
  func callAsFunction<Scalar>(_ points: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      points.shape.last == columns.count,
      "points of shape \(points.shape) for a problem with \(columns.count) coordinates")
    if !isPeriodic, multiples.allSatisfy(\.isEmpty) {
      // One multiplication and addition for the whole table.
      var (factors, offsets) = ([Scalar](), [Scalar]())
      for case .scaled(let factor, let offset) in columns {
        factors.append(Scalar(factor))
        offsets.append(Scalar(offset))
      }
      return points * Tensor(factors) + Tensor(offsets)
    }
    var features: [Tensor<Scalar>] = []
    for (i, column) in columns.enumerated() {
      let x = points.slice(axis: 1, i..<i + 1)
      switch column {
      case .scaled(let factor, let offset):
        let scaled = x * Scalar(factor) + Scalar(offset)
        features.append(scaled)
        for multiple in multiples[i] {
          let phase = (scaled + 1) * Scalar(0.5 * Double.pi * Double(multiple))
          features += [cos(phase), sin(phase)]
        }
      case .periodic(let frequency):
        for wave in 1...waves {
          let phase = x * Scalar(Double(wave) * frequency)
          features += [cos(phase), sin(phase)]
        }
      }
    }
    return .concatenated(features, axis: 1)
  }
}
