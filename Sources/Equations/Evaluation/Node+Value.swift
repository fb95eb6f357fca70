import Foundation
import Geometry

extension Node {
  /// The value at a point and time of a real expression without unknowns. Parameters take their defaults.
  ///
  /// - Parameter point: one coordinate per dimension.
  /// - Throws: ``EquationError`` for an unknown, a random field, a coordinate that the point has not, or a complex value.
  public func value(at point: [Double], time: Double = 0) throws -> Double {
    if let value = try evaluated(at: point, time: time) { return value }
    guard !dependsOnUnknowns else { throw unknownHasNoValue }
    let layout = UnknownLayout([], dimension: point.count)
    let lowered = try Lowering(layout: layout).real(bound(to: [:]))
    guard let value = try lowered.evaluated(at: point, time: time) else {
      throw EquationError(
        "'\(written(.text))' has no value at a point: give an expression without derivatives")
    }
    return value
  }

  private var unknownHasNoValue: EquationError {
    EquationError(
      "'\(written(.text))' contains an unknown: only expressions of coordinates and time have values")
  }

  /// The value, or nil when the node has to be lowered first.
  private func evaluated(at point: [Double], time: Double) throws -> Double? {
    switch self {
    case .constant(let value): return value
    case .parameter(let p): return p.defaultValue
    case .coefficient(_, let formula): return try formula.evaluated(at: point, time: time)
    case .time: return time
    case .coordinate(let axis):
      guard axis.rawValue < point.count else {
        throw EquationError(
          "the coordinate \(axis.name) has no value at a point with \(point.count) "
            + "coordinate\(point.count == 1 ? "" : "s"): use the axes of the domain only")
      }
      return point[axis.rawValue]
    case .sum(let terms):
      var result = 0.0
      for term in terms {
        guard let value = try term.evaluated(at: point, time: time) else { return nil }
        result += value
      }
      return result
    case .product(let factors):
      var result = 1.0
      for factor in factors {
        guard let value = try factor.evaluated(at: point, time: time) else { return nil }
        result *= value
      }
      return result
    case .power(let base, let exponent):
      guard let b = try base.evaluated(at: point, time: time),
        let e = try exponent.evaluated(at: point, time: time)
      else { return nil }
      return Foundation.pow(b, e)
    case .function(let function, let a):
      return try a.evaluated(at: point, time: time).map(function.value)
    case .binary(let function, let a, let b):
      guard let left = try a.evaluated(at: point, time: time),
        let right = try b.evaluated(at: point, time: time)
      else { return nil }
      return function.value(left, right)
    case .random(let field):
      throw EquationError(
        "the random field \(field.label) has no value at a point: it exists on a grid, drawn from a seed")
    case .unknown, .jet:
      throw unknownHasNoValue
    default: return nil
    }
  }
}
