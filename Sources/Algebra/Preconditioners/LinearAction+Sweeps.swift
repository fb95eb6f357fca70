import CKernels
import Tensors

extension LinearAction {
  /// z by a downward sweep from r, then an upward one in place; `owner` keeps the memory that both point to.
  static func sweeps(
    _ forward: ck_substitution, _ down: SweepSchedule, _ backward: ck_substitution, _ up: SweepSchedule,
    rows: Int,
    single: Bool, owner: any Sendable, pool: WorkerPool
  ) -> LinearAction {
    // The regions are kept and find their vectors in a box, so that an application allocates nothing.
    let vectors = Buffer<UnsafeMutablePointer<Scalar>?>(count: 2)
    let substitutions = Buffer<ck_substitution>(uninitialized: 2)
    substitutions.pointer.initialize(to: forward)
    (substitutions.pointer + 1).initialize(to: backward)
    for (i, schedule) in [down, up].enumerated() {
      substitutions.pointer[i].rows = UnsafePointer(schedule.rows.pointer)
      substitutions.pointer[i].listed = schedule.isListed ? 1 : 0
    }
    let first = SweepAction(down, pool: pool) { segment in
      let (r, z) = (vectors.pointer[0]!, vectors.pointer[1]!)
      if single {
        Scalar.substituteSingle(z, r, substitutions.pointer, range: down.piece(segment))
      } else {
        Scalar.substitute(z, r, substitutions.pointer, range: down.piece(segment))
      }
    }
    let second = SweepAction(up, pool: pool) { segment in
      let z = vectors.pointer[1]!
      if single {
        Scalar.substituteSingle(z, z, substitutions.pointer + 1, range: up.piece(segment))
      } else {
        Scalar.substitute(z, z, substitutions.pointer + 1, range: up.piece(segment))
      }
    }
    return LinearAction(rows: rows, columns: rows) { r, z in
      withExtendedLifetime(owner) {
        vectors.pointer[0] = UnsafeMutablePointer(mutating: r)
        vectors.pointer[1] = z
        first.run()
        second.run()
      }
    }
  }
}
