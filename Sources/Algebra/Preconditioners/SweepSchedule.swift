import CKernels
import Tensors

/// The strictly lower or upper entries of a square pattern, as a sweep over its rows meets them: downwards through a
/// lower triangle, upwards through an upper one. Whoever made it keeps the memory.
struct SweepTriangle {
  let rows: Int
  let backward: Bool
  /// Row i has the entries at `starts[i] ..< ends[i]`.
  let starts: UnsafePointer<Int32>
  let ends: UnsafePointer<Int32>
  let columns: UnsafePointer<Int32>

  /// The row at a place of the sweep.
  func row(_ place: Int) -> Int { backward ? rows - 1 - place : place }

  /// How far before its own place in the sweep the nearest row is that a row needs; the largest number if it needs none.
  func nearest(_ place: Int) -> Int {
    let i = row(place)
    let (start, end) = (Int(starts[i]), Int(ends[i]))
    if start == end { return .max }
    return backward ? Int(columns[start]) - i : i - Int(columns[end - 1])
  }

  /// The triangle as kernels take it, with neither values nor rows.
  var substitution: ck_substitution {
    var substitution = ck_substitution()
    (substitution.starts, substitution.ends, substitution.columns) = (starts, ends, columns)
    substitution.backward = backward ? 1 : 0
    return substitution
  }
}

/// In which order, and in which pieces that run at the same time, the rows of a triangular sweep are computed.
///
/// Rows are cut into tasks, tasks into segments. Threads take tasks in their order; before each segment they wait until
/// the tasks that it depends on have come far enough. A task waits for earlier ones only, so one thread alone gets
/// through, and every row is computed in the same way whichever thread does it: results do not depend on the threads.
/// Two kinds are tried, and the one that two threads would finish first is taken:
/// - strips of consecutive rows, cut where a row needs only rows long before it (as each line or plane of a grid does):
///   one thread follows the other some rows behind, and the memory is read as it lies;
/// - levels, rows that need only rows of earlier levels (Anderson & Saad, Int. J. High Speed Comput. 1 (1989), 73).
final class SweepSchedule: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser.

  /// The number of rows that a task must have finished before a segment may begin, in segments.
  struct Wait {
    var task: Int32
    var segments: Int32
  }

  /// Tasks, segments and what segments wait for.
  struct Plan {
    /// The first segment of each task, and the number of segments at the end.
    var taskStarts: [Int] = [0]
    /// Where each segment begins in the order of rows, and the number of rows at the end.
    var segmentStarts: [Int] = [0]
    /// The first wait of each segment, and the number of waits at the end.
    var waitStarts: [Int] = [0]
    var waits: [Wait] = []
    /// The rows in their order, where that is not the order of the sweep.
    var order: Buffer<Int32>?

    var tasks: Int { taskStarts.count - 1 }
    var segments: Int { segmentStarts.count - 1 }
  }

  let plan: Plan
  /// The first row of each run of rows with entries at equal distances, and what follows the last; or each row.
  let rows: Buffer<Int32>
  /// Whether `rows` names each row.
  let isListed: Bool
  /// Where each segment begins in `rows`, and the end.
  private let pieceStarts: [Int]

  /// Rows from which several threads pay.
  private static let worthwhileRows = 4096
  /// The mean length from which runs pay.
  private static let worthwhileLength = 4
  /// What listed rows take longer than rows in their natural order, which memory is fetched ahead for.
  private static let levelPenalty = 1.5

  init(_ triangle: SweepTriangle) {
    let n = triangle.rows
    var best = Plan()
    best.append(rows: n)
    best.closeTask()
    if n >= Self.worthwhileRows {
      var time = Double(n)
      if let strips = Plan.strips(of: triangle), strips.time < 0.8 * time {
        (best, time) = (strips.plan, strips.time)
      }
      if time > 0.7 * Double(n) {
        let levels = Plan.levels(of: triangle)
        let taken = levels.makespan() * Self.levelPenalty
        if taken < 0.8 * time { (best, time) = (levels, taken) }
      }
    }
    plan = best
    if let order = best.order {
      (rows, isListed, pieceStarts) = (order, true, best.segmentStarts)
      return
    }
    var substitution = triangle.substitution
    let bounds = best.segmentStarts
    let counts = (0..<best.segments).map { s in
      Int(ck_triangle_find_runs(nil, &substitution, Int64(n), Int64(bounds[s]), Int64(bounds[s + 1])))
    }
    var starts = [0]
    for count in counts { starts.append(starts.last! + count) }
    guard starts.last! * Self.worthwhileLength <= n else {
      let list = Buffer<Int32>(uninitialized: n)
      for place in 0..<n { list.pointer[place] = Int32(triangle.row(place)) }
      (rows, isListed, pieceStarts) = (list, true, bounds)
      return
    }
    let runs = Buffer<Int32>(uninitialized: starts.last! + 1)
    for s in 0..<best.segments {
      _ = ck_triangle_find_runs(
        runs.pointer + starts[s], &substitution, Int64(n), Int64(bounds[s]), Int64(bounds[s + 1]))
    }
    runs.pointer[starts.last!] = Int32(triangle.row(n))
    (rows, isListed, pieceStarts) = (runs, false, starts)
  }

  /// The part of `rows` that a segment computes.
  func piece(_ segment: Int) -> Range<Int> { pieceStarts[segment]..<pieceStarts[segment + 1] }

  /// The places of a segment's rows in the order of elimination.
  func places(_ segment: Int) -> Range<Int> { plan.segmentStarts[segment]..<plan.segmentStarts[segment + 1] }

  /// Bytes of the schedule.
  var bytes: Int {
    4 * rows.count + 8 * (plan.taskStarts.count + 3 * plan.segmentStarts.count + plan.waits.count)
  }
}

extension SweepSchedule {
  /// The schedules of a downward and an upward sweep.
  static func pair(_ lower: SweepTriangle, _ upper: SweepTriangle, pool: WorkerPool) -> (
    SweepSchedule, SweepSchedule
  ) {
    nonisolated(unsafe) var schedules: (SweepSchedule?, SweepSchedule?) = (nil, nil)
    pool.forEach(tiles: 2) { tile, _ in
      if tile == 0 { schedules.0 = SweepSchedule(lower) } else { schedules.1 = SweepSchedule(upper) }
    }
    return (schedules.0!, schedules.1!)
  }
}

extension SweepSchedule.Plan {
  /// Adds a segment to the open task.
  mutating func append(rows: Int) {
    segmentStarts.append(segmentStarts.last! + rows)
    waitStarts.append(waits.count)
  }

  /// Ends the open task.
  mutating func closeTask() { taskStarts.append(segments) }

  /// Rows' worth of time that a thread takes to hear of another one's progress.
  static let latency = 40.0

  /// The time in which two threads get through, in rows.
  func makespan() -> Double {
    var clocks = [0.0, 0.0]
    var finished = [Double](repeating: 0, count: segments)
    for task in 0..<tasks {
      let worker = clocks[0] <= clocks[1] ? 0 : 1
      var clock = clocks[worker] + Self.latency
      for segment in taskStarts[task]..<taskStarts[task + 1] {
        for wait in waits[waitStarts[segment]..<waitStarts[segment + 1]] {
          let needed = finished[taskStarts[Int(wait.task)] + Int(wait.segments) - 1]
          if needed + Self.latency > clock { clock = needed + Self.latency }
        }
        clock += Double(segmentStarts[segment + 1] - segmentStarts[segment]) + 4
        finished[segment] = clock
      }
      clocks[worker] = clock
    }
    return max(clocks[0], clocks[1])
  }
}
