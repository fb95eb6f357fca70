import Geometry

extension VTKUnstructuredGrid {
  /// One grid of several pieces, whose arrays must have the right counts.
  ///
  /// Points that several pieces have become one: those of equal numbers where all pieces state global numbers, whose
  /// order points and cells then have, else those of equal coordinates in different pieces. Values at such points are the first
  /// piece's. Arrays that a piece lacks are left out.
  static func joined(_ pieces: [VTKUnstructuredGrid]) -> VTKUnstructuredGrid {
    // Empty pieces, which a computation on many processes may leave, have no say.
    var pieces = pieces.contains { $0.pointCount > 0 } ? pieces.filter { $0.pointCount > 0 } : pieces
    guard pieces.count > 1 else { return pieces.first ?? VTKUnstructuredGrid(points: []) }
    if pieces.contains(where: \.hasGhosts) { pieces = pieces.map(\.withGhosts) }
    let (numbers, sources) =
      pieces.allSatisfy { $0.pointNumbers != nil }
      ? numberingByIdentity(pieces) : numberingByPlace(pieces)
    var result = VTKUnstructuredGrid(points: [])
    result.points.reserveCapacity(3 * sources.count)
    for (piece, point) in sources {
      result.points += pieces[piece].points[(3 * point)..<(3 * point + 3)]
    }
    var cells = pieces.enumerated().flatMap { p, piece in (0..<piece.cellCount).map { Place(p, $0) } }
    if pieces.allSatisfy({ $0.cellNumbers != nil || $0.cellCount == 0 }) {
      func number(_ place: Place) -> Int { pieces[place.piece].cellNumbers?[place.index] ?? 0 }
      cells.sort { (number($0), $0.piece, $0.index) < (number($1), $1.piece, $1.index) }
    }
    for (p, cell) in cells {
      let piece = pieces[p]
      for place in (cell == 0 ? 0 : piece.offsets[cell - 1])..<piece.offsets[cell] {
        // Numbers out of range stay so, and are refused where cells are read.
        let node = Int(piece.connectivity[place])
        result.connectivity.append(numbers[p].indices.contains(node) ? numbers[p][node] : -1)
      }
      result.offsets.append(result.connectivity.count)
      result.types.append(piece.types[cell])
    }
    result.pointData = joined(pieces.map(\.pointData), at: sources)
    result.cellData = joined(pieces.map(\.cellData), at: cells)
    for piece in pieces {
      for array in piece.fieldData where !result.fieldData.contains(where: { $0.name == array.name }) {
        result.fieldData.append(array)
      }
    }
    return result
  }

  private typealias Place = (piece: Int, index: Int)

  private static func numberingByIdentity(
    _ pieces: [VTKUnstructuredGrid]
  ) -> (numbers: [[Int32]], sources: [Place]) {
    var places: [Int: Place] = [:]
    for (p, piece) in pieces.enumerated() {
      for (i, identity) in (piece.pointNumbers ?? []).enumerated() where places[identity] == nil {
        places[identity] = (p, i)
      }
    }
    let order = places.keys.sorted()
    var index: [Int: Int32] = [:]
    for (i, identity) in order.enumerated() { index[identity] = Int32(truncatingIfNeeded: i) }
    return (
      pieces.map { ($0.pointNumbers ?? []).map { index[$0] ?? -1 } }, order.map { places[$0] ?? (0, 0) }
    )
  }

  /// Coordinates bit by bit, with one zero.
  private struct Key: Hashable {
    var x: Double, y: Double, z: Double
  }

  private static func numberingByPlace(
    _ pieces: [VTKUnstructuredGrid]
  ) -> (numbers: [[Int32]], sources: [Place]) {
    var earlier: [Key: Int32] = [:]
    var sources: [Place] = []
    var numbers: [[Int32]] = []
    for (p, piece) in pieces.enumerated() {
      var new: [Key: Int32] = [:]
      var taken: Set<Int32> = []
      numbers.append(
        (0..<piece.pointCount).map { i in
          let x = piece.points[(3 * i)..<(3 * i + 3)]
          let key = Key(x: x[3 * i], y: x[3 * i + 1], z: x[3 * i + 2])
          // Points of one piece that coincide are meant to, at a crack for example.
          if let number = earlier[key], taken.insert(number).inserted { return number }
          let number = Int32(truncatingIfNeeded: sources.count)
          sources.append((p, i))
          if new[key] == nil { new[key] = number }
          return number
        })
      earlier.merge(new) { first, _ in first }
    }
    return (numbers, sources)
  }

  private static func joined(_ arrays: [[VTKArray]], at places: [Place]) -> [VTKArray] {
    (arrays.first ?? []).compactMap { first in
      let all = arrays.map { $0.first { $0.name == first.name && $0.components == first.components } }
      let parts = all.compactMap { $0?.values }
      guard parts.count == arrays.count else { return nil }
      let width = first.components
      let integers = parts.compactMap { part -> [Int32]? in
        if case .int32(let values) = part { values } else { nil }
      }
      func picked<Value>(_ parts: [[Value]]) -> [Value] {
        places.flatMap { parts[$0.piece][(width * $0.index)..<(width * $0.index + width)] }
      }
      return VTKArray(
        name: first.name, components: width,
        values: integers.count == parts.count
          ? .int32(picked(integers)) : .reals(picked(all.map { $0?.doubles ?? [] }), .double))
    }
  }

  private var hasGhosts: Bool { cellData.contains { $0.name == Self.ghostName } }

  private var withGhosts: VTKUnstructuredGrid {
    guard !hasGhosts else { return self }
    var result = self
    let marks = [Int32](repeating: 0, count: cellCount)
    result.cellData.append(VTKArray(name: Self.ghostName, values: .int32(marks)))
    return result
  }

  // MARK: - Division

  /// The grid in `count` pieces of successive cells, with global numbers of points and cells.
  ///
  /// - Parameters:
  ///   - cellCount: how many of the cells are no facets.
  ///   - owners: for each facet the cell whose piece it joins.
  func pieces(_ count: Int, cellCount: Int, owners: [Int]) -> [VTKUnstructuredGrid] {
    var members = [[Int]](repeating: [], count: count)
    func piece(_ cell: Int) -> Int { min(cell * count / max(cellCount, 1), count - 1) }
    for cell in 0..<cellCount { members[piece(cell)].append(cell) }
    for (facet, owner) in owners.enumerated() { members[piece(max(owner, 0))].append(cellCount + facet) }
    var isUsed = [Bool](repeating: false, count: pointCount)
    for node in connectivity { isUsed[Int(node)] = true }
    let orphans = isUsed.indices.filter { !isUsed[$0] }
    return members.enumerated().map { p, cells in part(cells, orphans: p == 0 ? orphans : []) }
  }

  private func part(_ cells: [Int], orphans: [Int]) -> VTKUnstructuredGrid {
    var result = VTKUnstructuredGrid(points: [])
    let nodes = cells.flatMap { cell in connectivity[(cell == 0 ? 0 : offsets[cell - 1])..<offsets[cell]] }
    let kept = Set(nodes.map { Int($0) }).union(orphans).sorted()
    var numbers: [Int32: Int32] = [:]
    for (i, point) in kept.enumerated() { numbers[Int32(point)] = Int32(i) }
    result.points = kept.flatMap { points[(3 * $0)..<(3 * $0 + 3)] }
    result.connectivity = nodes.map { numbers[$0] ?? -1 }
    var end = 0
    for cell in cells {
      end += offsets[cell] - (cell == 0 ? 0 : offsets[cell - 1])
      result.offsets.append(end)
      result.types.append(types[cell])
    }
    result.pointData = pointData.map { $0.picked(kept) }
    result.cellData = cellData.map { $0.picked(cells) }
    result.fieldData = fieldData
    (result.pointNumbers, result.cellNumbers) = (kept, cells)
    return result
  }
}

extension VTKArray {
  /// The values of some points or cells.
  fileprivate func picked(_ places: [Int]) -> VTKArray {
    func picked<Value>(_ values: [Value]) -> [Value] {
      places.flatMap { values[(components * $0)..<(components * $0 + components)] }
    }
    var result = self
    switch values {
    case .reals(let values, let precision): result.values = .reals(picked(values), precision)
    case .int32(let values): result.values = .int32(picked(values))
    case .int64(let values): result.values = .int64(picked(values))
    case .uint8(let values): result.values = .uint8(picked(values))
    }
    return result
  }
}
