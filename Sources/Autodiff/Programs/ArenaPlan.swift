/// Addresses for values that live from one step to a later one, so that those that never live together share memory.
struct ArenaPlan {
  /// A value's size and the steps between which it lives.
  struct Value {
    var size: Int
    var first: Int
    var last: Int
  }

  /// The address of each value.
  private(set) var offsets: [Int]
  /// The memory that all need together.
  private(set) var size = 0

  /// Places values by first fit, in the order in which they are made.
  init(_ values: [Value], alignment: Int) {
    offsets = [Int](repeating: 0, count: values.count)
    var living: [(offset: Int, end: Int, last: Int)] = []
    let order = values.indices.sorted { (values[$0].first, $0) < (values[$1].first, $1) }
    for index in order {
      let value = values[index]
      let need = (value.size + alignment - 1) / alignment * alignment
      living.removeAll { $0.last < value.first }
      living.sort { $0.offset < $1.offset }
      var offset = 0
      for other in living {
        if offset + need <= other.offset { break }
        offset = max(offset, other.end)
      }
      offsets[index] = offset
      living.append((offset, offset + need, value.last))
      size = max(size, offset + need)
    }
  }
}
