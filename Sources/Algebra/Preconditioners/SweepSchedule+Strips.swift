extension SweepSchedule.Plan {
  /// The fewest rows between a row and what it needs before its strip for which a cut is thought of.
  private static let shortestLag = 64

  /// The strips for which two threads get through first, and their time in rows; nil when there is nowhere to cut.
  ///
  /// A row is a place to cut if the rows from there on need, of what is before it, only rows that lie well before: the
  /// thread of the next strip then starts while this one is at work. How far before is the lag of the cut: rows of a
  /// plane grid have that of a line, but in space both lines and planes are candidates, and the lags tell them apart.
  static func strips(of triangle: SweepTriangle) -> (plan: Self, time: Double)? {
    let cuts = Self.cuts(of: triangle)
    guard let longest = cuts.lazy.map(\.lag).max() else { return nil }
    var best: (plan: Self, time: Double)?
    var lag = shortestLag
    var tried = 0
    while lag <= longest, lag < triangle.rows {
      let chosen = cuts.filter { $0.lag >= lag }
      // Only thresholds that leave other cuts.
      if chosen.count != tried {
        tried = chosen.count
        let plan = Self(strips: [0] + chosen.map(\.place) + [triangle.rows], of: triangle)
        let time = plan.makespan()
        if time < best?.time ?? .infinity { best = (plan, time) }
      }
      lag *= 4
    }
    return best
  }

  /// Places of the sweep at which strips may begin.
  private static func cuts(of triangle: SweepTriangle) -> [(place: Int, lag: Int)] {
    let n = triangle.rows
    var cuts: [(place: Int, lag: Int)] = []
    // Looking at a candidate costs a window of rows: where nearly every row is one, levels serve better.
    var budget = n / 16
    for place in 1..<n where triangle.nearest(place) >= shortestLag {
      budget -= 1
      if budget < 0 { return [] }
      let lag = triangle.lag(place, window: shortestLag)
      if lag >= shortestLag / 2 { cuts.append((place, lag)) }
    }
    return cuts
  }

  private init(strips bounds: [Int], of triangle: SweepTriangle) {
    self.init()
    let strips = bounds.count - 1
    // How many segments of each strip the current one has waited for.
    var waited = [Int32](repeating: 0, count: strips)
    var stripSegments: [Int] = []
    var touched: [Int] = []
    for strip in 0..<strips {
      let (first, end) = (bounds[strip], bounds[strip + 1])
      let size = Self.segmentSize(strip: end - first)
      stripSegments.append(size)
      var start = first
      while start < end {
        let stop = min(start + size, end)
        var found: [Int: Int32] = [:]
        for place in start..<stop {
          let row = triangle.row(place)
          for p in Int(triangle.starts[row])..<Int(triangle.ends[row]) {
            let needed = triangle.place(Int(triangle.columns[p]))
            if needed >= first { continue }
            let owner = needed >= bounds[strip - 1] ? strip - 1 : Self.strip(of: needed, bounds)
            let segments = Int32((needed - bounds[owner]) / stripSegments[owner] + 1)
            if segments > waited[owner] {
              if waited[owner] == 0 { touched.append(owner) }
              waited[owner] = segments
              found[owner] = segments
            }
          }
        }
        for (owner, segments) in found.sorted(by: { $0.key < $1.key }) {
          waits.append(SweepSchedule.Wait(task: Int32(owner), segments: segments))
        }
        append(rows: stop - start)
        start = stop
      }
      closeTask()
      for owner in touched { waited[owner] = 0 }
      touched.removeAll(keepingCapacity: true)
    }
  }

  /// Rows per segment: a strip has about eight, so that threads follow each other closely, but telling another thread
  /// has to be worth its time.
  private static func segmentSize(strip rows: Int) -> Int { min(max(rows / 8, 32), 512) }

  private static func strip(of place: Int, _ bounds: [Int]) -> Int {
    var (low, high) = (0, bounds.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if bounds[middle] <= place { low = middle } else { high = middle }
    }
    return low
  }
}

extension SweepTriangle {
  /// The place of a row in the sweep.
  func place(_ row: Int) -> Int { backward ? rows - 1 - row : row }

  /// How far before a place the nearest row is that the rows of a window from there on need from before it.
  func lag(_ place: Int, window: Int) -> Int {
    var lag = Int.max
    for later in place..<min(place + window, rows) {
      let i = row(later)
      for p in Int(starts[i])..<Int(ends[i]) {
        let needed = self.place(Int(columns[p]))
        if needed < place { lag = min(lag, place - needed) }
      }
    }
    return lag
  }
}
