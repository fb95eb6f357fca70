import Tensors

extension SweepSchedule.Plan {
  /// The largest number of tasks of a level; it bounds what later tasks have to look at.
  private static let tasksPerLevel = 16
  /// The fewest rows of a task that is worth another thread's time.
  private static let fewestRows = 256

  /// Levels of rows that need earlier levels only; small levels that follow each other make one task.
  static func levels(of triangle: SweepTriangle) -> Self {
    let n = triangle.rows
    let level = Buffer<Int32>(uninitialized: n)
    var counts: [Int] = []
    for place in 0..<n {
      let row = triangle.row(place)
      var deepest: Int32 = -1
      for p in Int(triangle.starts[row])..<Int(triangle.ends[row]) {
        deepest = max(deepest, level.pointer[Int(triangle.columns[p])])
      }
      level.pointer[row] = deepest + 1
      if Int(deepest) + 1 == counts.count { counts.append(0) }
      counts[Int(deepest) + 1] += 1
    }
    var cursors = [0]
    for count in counts { cursors.append(cursors.last! + count) }
    let order = Buffer<Int32>(uninitialized: n)
    for place in 0..<n {
      let row = triangle.row(place)
      let l = Int(level.pointer[row])
      order.pointer[cursors[l]] = Int32(row)
      cursors[l] += 1
    }
    var plan = Self()
    plan.order = order
    // Tasks of the level, or run of small levels, before the current one.
    var before = 0..<0
    var small = 0
    func close(_ sizes: [Int], _ plan: inout Self) {
      let first = plan.tasks
      for size in sizes {
        for task in before { plan.waits.append(SweepSchedule.Wait(task: Int32(task), segments: 1)) }
        plan.append(rows: size)
        plan.closeTask()
      }
      before = first..<plan.tasks
    }
    for count in counts {
      guard count >= 2 * fewestRows else {
        small += count
        continue
      }
      if small > 0 {
        close([small], &plan)
        small = 0
      }
      let pieces = min(tasksPerLevel, count / fewestRows)
      close((0..<pieces).map { count * ($0 + 1) / pieces - count * $0 / pieces }, &plan)
    }
    if small > 0 { close([small], &plan) }
    return plan
  }
}
