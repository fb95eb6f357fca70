import Equations
import Foundation
import Geometry

/// Random fields of a problem on a mesh: each is drawn once on a grid around the mesh and interpolated.
final class RandomFieldTable: @unchecked Sendable {
  // Unchecked: `drawn` is guarded by the lock.

  private struct Key: Hashable {
    var field: RandomField
    var stream: UInt64
  }

  private let box: Box
  private let source: RandomFieldSource?
  private let lock = NSLock()
  private var drawn: [Key: GridInterpolant] = [:]

  init(_ mesh: Mesh, _ source: RandomFieldSource?) { (box, self.source) = (mesh.boundingBox, source) }

  /// The stream of coefficients and sources, which differs from those of initial values.
  static let coefficients: UInt64 = 1 << 32

  /// A field on the box around the mesh.
  ///
  /// - Throws: ``FiniteElementError`` when the system was given no source of random fields.
  func interpolant(_ field: RandomField, stream: UInt64 = coefficients) throws -> GridInterpolant {
    lock.lock()
    defer { lock.unlock() }
    let key = Key(field: field, stream: stream)
    if let known = drawn[key] { return known }
    guard let source else {
      throw FiniteElementError(
        "the random field \(field.label) has no source here: give the system 'random', which draws it on a grid, or a formula instead"
      )
    }
    let made = source(field, stream, box)
    drawn[key] = made
    return made
  }
}

/// Draws a random field on a box, separately for each stream.
public typealias RandomFieldSource = @Sendable (RandomField, _ stream: UInt64, Box) -> GridInterpolant
