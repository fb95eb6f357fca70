import CKernels
import Synchronization

/// Factorisations that are made again with a larger diagonal when they break down.
enum ShiftedFactorization {
  /// The first multiple of the diagonal that is added.
  static let firstShift = 1e-3
  /// Beyond it the preconditioner is the diagonal, and the matrix something else than it was taken for.
  static let largestShift = 1e4

  /// Calls `attempt` for the shifts 0, 10⁻³, 2·10⁻³, 4·10⁻³, … until it returns true, and returns that shift.
  /// - Throws: `failure` when no shift is enough.
  static func run(_ failure: FactorizationError, _ attempt: (_ shift: Double) throws -> Bool) throws -> Double
  {
    var shift = 0.0
    while try !attempt(shift) {
      shift = shift == 0 ? firstShift : 2 * shift
      guard shift <= largestShift else { throw failure }
    }
    return shift
  }
}

/// A number that several threads add to.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)

  func add(_ increment: Int) {
    if increment != 0 { count.add(increment, ordering: .relaxed) }
  }

  var value: Int { count.load(ordering: .relaxed) }
}

/// The time since a set-up began.
struct SetupClock {
  private let start = ck_nanoseconds()

  var seconds: Double { Double(ck_nanoseconds() - start) * 1e-9 }
}
