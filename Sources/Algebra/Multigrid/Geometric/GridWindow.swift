import CKernels
import Tensors

/// The planes on which one tile smooths, with copies of neighbouring planes, numbered beyond the ends of a periodic grid.
///
/// Stages follow each other plane by plane, so only the planes between the first stage and what reads the last are
/// kept, in a ring: they stay in the cache of a core.
struct GridWindow {
  let level: GridLevel
  let stages: [GridSmoothing.Stage]
  /// The planes that the tile passes through.
  let planes: Range<Int>
  let scratch: GridWorkspace.Scratch
  /// The right-hand side of the whole level; nil where planes of it are loaded into the ring.
  let rhs: UnsafePointer<Float>?
  /// The array of the whole level that the last stage writes to, and the planes on which it does; elsewhere it writes
  /// to the ring.
  let result: (values: UnsafeMutablePointer<Float>, planes: Range<Int>)?
  private let ring: Int
  private let size: Int

  init(
    _ level: GridLevel, _ stages: [GridSmoothing.Stage], planes: Range<Int>, _ scratch: GridWorkspace.Scratch,
    rhs: UnsafePointer<Float>?, result: (values: UnsafeMutablePointer<Float>, planes: Range<Int>)?
  ) {
    (self.level, self.stages, self.planes, self.scratch) = (level, stages, planes, scratch)
    (self.rhs, self.result) = (rhs, result)
    (ring, size) = (Self.planesKept(stages: stages.count), level.stencil.planeSize)
  }

  /// The planes that a ring needs for a number of stages: one per stage, the one loaded before them, and the one that
  /// left the last stage before.
  static func planesKept(stages: Int) -> Int { stages + 2 }

  private func position(_ plane: Int) -> Int { (plane - planes.lowerBound) % ring * size }

  /// The plane of the grid that a plane of the window stands for.
  func wrapped(_ plane: Int) -> Int {
    let n = level.stencil.planes
    return plane < 0 ? plane % n + (plane % n == 0 ? 0 : n) : plane < n ? plane : plane % n
  }

  /// Where the right-hand side of a plane is loaded.
  func loadedSide(_ plane: Int) -> UnsafeMutablePointer<Float> { scratch.rhs.pointer + position(plane) }

  /// The right-hand side of a plane.
  func side(_ plane: Int) -> UnsafePointer<Float> {
    rhs.map { $0 + wrapped(plane) * size } ?? UnsafePointer(loadedSide(plane))
  }

  /// Where the values of a plane are written by stage `stage`, or loaded for stage 1.
  func target(_ plane: Int, of stage: Int) -> UnsafeMutablePointer<Float> {
    if stage == stages.count, let result, result.planes.contains(plane) {
      return result.values + plane * size
    }
    return (stage % 2 == 0 ? scratch.values.0 : scratch.values.1).pointer + position(plane)
  }

  /// The values of a plane after `stage` stages; zeros outside the grid.
  func values(_ plane: Int, after stage: Int) -> UnsafePointer<Float> {
    UnsafePointer(planes.contains(plane) ? target(plane, of: stage) : level.stencil.zeros.pointer)
  }

  func record(_ plane: Int) -> UnsafePointer<ck_grid_plane> { level.stencil.plane(wrapped(plane)) }

  /// Runs stage 1, 2, … on a plane. Stage 1 may start from zero instead of from values.
  func run(stage: Int, plane k: Int, fromZero: Bool) {
    let (out, b) = (target(k, of: stage), side(k))
    switch stages[stage - 1] {
    case .color(let color):
      // The parity of the whole grid, so that colours of tiles agree.
      let parity = Int64(wrapped(k)) + color
      if fromZero {
        ck_grid_relax_color_from_zero(record(k), out, b, parity)
      } else {
        ck_grid_relax_color(
          record(k), out, b, values(k, after: stage - 1), values(k - 1, after: stage - 1),
          values(k + 1, after: stage - 1), parity)
      }
    case .step(let alpha, let beta):
      let d = scratch.steps.pointer + position(k)
      if fromZero {
        ck_grid_relax_step_from_zero(record(k), out, d, b, alpha)
      } else {
        ck_grid_relax_step(
          record(k), out, d, b, values(k, after: stage - 1), values(k - 1, after: stage - 1),
          values(k + 1, after: stage - 1), alpha, beta)
      }
    }
  }
}
