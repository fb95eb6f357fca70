/// The name that was probably meant.
package enum NearestName {
  /// The name nearest to `word`, if it is near enough to be suggested.
  package static func of(_ word: String, among names: [String]) -> String? {
    let lower = word.lowercased()
    let ranked = names.map { (name: $0, distance: distance(lower, $0.lowercased())) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    if best.distance <= max(1, (lower.count + 1) / 3) { return best.name }
    // A part of one name only: "navier" for "navier-stokes-2d".
    let containing = names.filter { lower.count >= 3 && $0.lowercased().contains(lower) }
    return containing.min { ($0.count, $0) < ($1.count, $1) }
  }

  /// The least number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (Damerau
  /// 1964, in the restricted form that edits no part twice).
  package static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
