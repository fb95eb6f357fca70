import CKernels
import Equations
import Geometry
import Tensors

/// How to integrate a request over the cells of one block, or over one of their sides: tables, compiled formulas, and the
/// layout of scratch memory. Immutable; any number of threads run it, each with a ``BlockScratch`` of its own.
final class BlockPlan: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser but the time in the programs, which is set between passes.

  /// Cells that are computed side by side.
  static let lanes = 64
  /// Stands for the factor of time derivatives in a matrix.
  static let shift = ScalarField.parameter("shift", 0).node
  /// Stands for the diameter of a cell.
  static let diameter = ScalarField.parameter("cell diameter", 0).node

  /// Where a coefficient comes from.
  enum Source {
    case constant(Double)
    /// A row per cell, or rows per point, at an offset in scratch memory.
    case array(Int)
  }

  /// A piece with its coefficients located.
  struct PlannedPiece {
    var kind: Piece.Kind
    /// Points at which coefficients are known: 1 for those that are constant in a cell.
    var points: Int
    var sources: [Source?]
    /// The row of the contraction's input where its coefficients begin.
    var firstRow: Int
  }

  /// A block of the element matrix, or of the element vector where there is no trial.
  struct PlannedBlock {
    var test: Int
    var trial: Int?
    var pieces: [PlannedPiece]
    var table: Table
    var offsets: Buffer<UInt16>?
  }

  /// The values of one unknown, or of its time derivative, and which derivatives are needed.
  struct PlannedJets {
    var field: Int
    var timeOrder: Int
    var coefficients: Int
    var value: Int?
    var referenceGradient: Int?
    var gradients: [Int?]
    var referenceSecond: Int?
    /// (axis, axis, offset).
    var seconds: [(Int, Int, Int)]
  }

  let space: MixedSpace
  let list: CellList
  let dimension: Int
  let pointCount: Int
  /// Places at which the geometry is known: 1 in affine cells.
  let places: Int
  /// For each sampled formula, where its values are.
  let samples: [Source]
  let matrixBlocks: [PlannedBlock]
  let vectorBlocks: [PlannedBlock]
  let jets: [PlannedJets]
  /// The area vector of the side on the reference cell, for plans over sides.
  let area: Buffer<Double>?
  let scratchSize: Int
  let constants: [(value: Double, offset: Int)]
  let cellProgram: PointwiseProgram?
  let pointProgram: PointwiseProgram?
  let cellOutputs: [Int]
  let pointOutputs: [Int]
  /// Offsets of inputs by program.
  let cellInputs: [Int]
  let pointInputs: [Int]
  let coordinateOffsets: [Int?]
  let shiftOffset: Int?
  let regions: [(indicator: Buffer<Double>, offset: Int)]
  let randomFields: [(interpolant: GridInterpolant, offset: Int)]
  // Geometry.
  let geometryNodes: Int
  let nodeOffset: Int
  let jacobianOffset: Int
  let inverseOffset: Int
  let determinantOffset: Int
  let measureOffset: Int
  let normalOffset: Int
  let geometrySecondOffset: Int?
  let inputOffset: Int
  let outputOffset: Int
  let jacobianTable: Table
  let coordinateTable: Table
  let geometrySecondTable: Table?
  let valueTables: [Table]
  let gradientTables: [Table]
  let secondTables: [Table]

  /// - Parameters:
  ///   - side: The side of the cells to integrate over, or nil for the cells themselves.
  ///   - degree: The quadrature degree.
  /// - Throws: ``EquationError`` when a formula cannot be evaluated at points.
  convenience init(
    _ space: MixedSpace, block: Int, side: Int?, list: CellList, request: AssemblyRequest, degree: Int
  ) throws {
    let shape = space.spaces[0].blocks[block].geometry.shape
    let rule = Quadrature(side == nil ? shape : shape.facetShape, degree: degree)
    let frame = side.map { SideFrame(shape, $0) }
    try self.init(
      space, block: block, list: list, request: request,
      points: frame.map { rule.points.map($0.point) } ?? rule.points,
      area: frame?.area, weights: rule.weights, samples: [])
  }

  /// A plan that evaluates formulas at given reference points of cells; with the area vector of a side, normals too.
  convenience init(
    _ space: MixedSpace, block: Int, points: [[Double]], area: [Double]? = nil, list: CellList, nodes: [Node]
  ) throws {
    try self.init(
      space, block: block, list: list, request: AssemblyRequest(place: .cells, matrix: [:], vector: [:]),
      points: points, area: area, weights: Array(repeating: 0, count: points.count), samples: nodes)
  }

  private init(
    _ space: MixedSpace, block: Int, list: CellList, request: AssemblyRequest, points: [[Double]],
    area areaVector: [Double]?, weights: [Double], samples: [Node]
  ) throws {
    let lanes = Self.lanes
    let geometry = space.spaces[0].blocks[block].geometry
    let shape = geometry.shape
    let d = shape.dimension
    (self.space, self.list, dimension) = (space, list, d)

    area = areaVector.map { vector in
      let buffer = Buffer<Double>(uninitialized: d)
      for (i, component) in vector.enumerated() { buffer.pointer[i] = component }
      return buffer
    }
    let isSide = areaVector != nil
    let nq = points.count
    pointCount = nq
    let isAffine = geometry.isAffine && !isSide
    places = isAffine ? 1 : nq

    // Formulas: constants, those that are constant in a cell, and the others.
    var cellNodes: [Node] = []
    var pointNodes: [Node] = []
    var constantValues: [Double] = []
    func isConstantInCell(_ node: Node) -> Bool {
      isAffine
        && !node.contains { leaf in
          switch leaf {
          case .coordinate, .jet, .normal, .random: true
          default: false
          }
        }
    }
    struct Draft {
      var piece: Piece
      var isCellwise: Bool
      var points: Int
    }
    func draft(_ pieces: [Piece]) -> [Draft] {
      pieces.map { piece in
        let isCellwise = piece.nodes.allSatisfy { $0.map(isConstantInCell) ?? true }
        for case let node? in piece.nodes {
          if let value = node.constantValue {
            if piece.kind != .metric, piece.kind != .values, !constantValues.contains(value) {
              constantValues.append(value)
            }
          } else if isCellwise {
            if !cellNodes.contains(node) { cellNodes.append(node) }
          } else if !pointNodes.contains(node) {
            pointNodes.append(node)
          }
        }
        return Draft(piece: piece, isCellwise: isCellwise, points: isCellwise ? 1 : nq)
      }
    }
    let matrixDrafts = request.matrix.sorted { ($0.key.test, $0.key.trial) < ($1.key.test, $1.key.trial) }.map
    {
      (pair: $0.key, drafts: draft(Piece.matrix($0.value)))
    }.filter { !$0.drafts.isEmpty }
    let vectorDrafts = request.vector.sorted { $0.key < $1.key }.map {
      (test: $0.key, drafts: draft(Piece.vector($0.value)))
    }.filter { !$0.drafts.isEmpty }
    for node in samples where node.constantValue == nil && !pointNodes.contains(node) {
      pointNodes.append(node)
    }

    // Scratch memory.
    var size = 0
    func take(_ rows: Int) -> Int {
      defer { size += rows * lanes }
      return size
    }
    geometryNodes = geometry.nodeCount
    nodeOffset = take(geometryNodes * d)
    jacobianOffset = take(d * d * places)
    inverseOffset = take(d * d * places)
    determinantOffset = take(places)
    measureOffset = !isSide ? determinantOffset : take(places)
    normalOffset = !isSide ? 0 : take(d * places)
    constants = constantValues.map { ($0, take(nq)) }
    cellOutputs = cellNodes.map { _ in take(1) }
    pointOutputs = pointNodes.map { _ in take(nq) }

    // Leaves that are given as arrays.
    var leaves: [Node] = []
    for node in cellNodes + pointNodes {
      node.visit { leaf in
        switch leaf {
        case .coordinate, .jet, .normal, .region, .random, Self.shift, Self.diameter:
          if !leaves.contains(leaf) { leaves.append(leaf) }
        default: break
        }
      }
    }
    var leafOffsets: [Node: Int] = [:]
    var coordinates = [Int?](repeating: nil, count: 3)
    var shiftAt: Int?
    var regionRows: [(Buffer<Double>, Int)] = []
    var randomRows: [(GridInterpolant, Int)] = []
    var jetGroups: [PlannedJets] = []
    var needsSeconds = false
    for leaf in leaves {
      switch leaf {
      case .coordinate(let axis):
        coordinates[axis.rawValue] = take(nq)
        leafOffsets[leaf] = coordinates[axis.rawValue]
      case .normal(let axis):
        guard isSide else {
          throw FiniteElementError("a normal stands in an integral over cells: normals belong to boundaries")
        }
        leafOffsets[leaf] = normalOffset + axis.rawValue * nq * lanes
      case .random(let field):
        let offset = take(nq)
        randomRows.append((try space.random.interpolant(field), offset))
        leafOffsets[leaf] = offset
      case .region(let name):
        let offset = take(nq)
        regionRows.append((try Self.indicator(name, space, block, list), offset))
        leafOffsets[leaf] = offset
      case Self.diameter:
        let offset = take(nq)
        regionRows.append((Self.diameters(space, block, list), offset))
        leafOffsets[leaf] = offset
      case .jet(let jet):
        let field = jet.unknown
        var i = jetGroups.firstIndex { $0.field == field && $0.timeOrder == jet.timeOrder } ?? -1
        if i < 0 {
          i = jetGroups.count
          jetGroups.append(
            PlannedJets(
              field: field, timeOrder: jet.timeOrder,
              coefficients: take(space.fields[field].space.blocks[block].element.functionCount),
              gradients: Array(repeating: nil, count: d), seconds: []))
        }
        let offset = take(nq)
        leafOffsets[leaf] = offset
        let axes = Axis.allCases.flatMap { Array(repeating: $0.rawValue, count: jet.orders[$0]) }
        switch axes.count {
        case 0: jetGroups[i].value = offset
        case 1: jetGroups[i].gradients[axes[0]] = offset
        case 2:
          jetGroups[i].seconds.append((axes[0], axes[1], offset))
          needsSeconds = true
        default:
          throw FiniteElementError(
            "a derivative of order \(axes.count) stands in a weak form: two is the highest")
        }
      default:
        shiftAt = take(nq)
        leafOffsets[leaf] = shiftAt
      }
    }
    for i in jetGroups.indices {
      if !jetGroups[i].seconds.isEmpty || jetGroups[i].gradients.contains(where: { $0 != nil }) {
        jetGroups[i].referenceGradient = take(d * nq)
      }
      if !jetGroups[i].seconds.isEmpty {
        jetGroups[i].referenceSecond = take(d * (d + 1) / 2 * nq)
        // Second derivatives on curved cells need all first ones.
        for axis in 0..<d where jetGroups[i].gradients[axis] == nil {
          jetGroups[i].gradients[axis] = take(nq)
        }
      }
    }
    if !randomRows.isEmpty {
      // Random fields are looked up at the points.
      for axis in 0..<d where coordinates[axis] == nil { coordinates[axis] = take(nq) }
    }
    randomFields = randomRows
    geometrySecondOffset = needsSeconds && !geometry.isAffine ? take(d * d * (d + 1) / 2 * nq) : nil
    (coordinateOffsets, shiftOffset, regions, jets) = (coordinates, shiftAt, regionRows, jetGroups)
    cellProgram = cellNodes.isEmpty ? nil : try PointwiseProgram(cellNodes, inputs: leaves)
    pointProgram = pointNodes.isEmpty ? nil : try PointwiseProgram(pointNodes, inputs: leaves)
    pointInputs = leaves.map { leafOffsets[$0]! }
    cellInputs = pointInputs

    // Tables.
    let tabulations = space.spaces.map {
      Tabulation($0.blocks[block].element, at: points, seconds: needsSeconds)
    }
    let geometryTabulation = Tabulation(geometry.element, at: points, seconds: needsSeconds)
    let own = places
    jacobianTable = Table(rows: d * own, depth: geometryNodes) {
      geometryTabulation.gradients[$0 / own][$0 % own][$1]
    }
    coordinateTable = geometryTabulation.valueTable
    geometrySecondTable = needsSeconds ? geometryTabulation.secondTable : nil
    valueTables = tabulations.map(\.valueTable)
    gradientTables = tabulations.map(\.gradientTable)
    secondTables = needsSeconds ? tabulations.map(\.secondTable) : []

    let (constantOffsets, cellAt, pointAt) = (constants, cellOutputs, pointOutputs)
    func plan(_ test: Int, _ trial: Int?, _ drafts: [Draft], _ offsets: Buffer<UInt16>?) -> PlannedBlock {
      var pieces: [PlannedPiece] = []
      var row = 0
      var columns: [(piece: Piece, row: Int, points: Int, factor: Double)] = []
      for draft in drafts {
        var factor = 1.0
        let sources = draft.piece.nodes.map { node -> Source? in
          guard let node else { return nil }
          if let value = node.constantValue {
            if draft.piece.kind == .metric || draft.piece.kind == .values {
              factor = value
              return .constant(value)
            }
            return .array(constantOffsets.first { $0.value == value }!.offset)
          }
          return .array(
            draft.isCellwise
              ? cellAt[cellNodes.firstIndex(of: node)!]
              : pointAt[pointNodes.firstIndex(of: node)!])
        }
        pieces.append(
          PlannedPiece(kind: draft.piece.kind, points: draft.points, sources: sources, firstRow: row))
        for k in 0..<draft.piece.rows(d) { columns.append((draft.piece, k, draft.points, factor)) }
        row += draft.piece.rows(d) * draft.points
      }
      let testTable = tabulations[space.fields[test].spaceIndex]
      let trialTable = trial.map { tabulations[space.fields[$0].spaceIndex] }
      let width = trialTable?.functions ?? 1
      // One column per coefficient and point; for coefficients that are constant in a cell, the sum over points.
      let expanded = columns.flatMap { column in
        (0..<column.points).map { (column: column, point: column.points == 1 ? -1 : $0) }
      }
      let table = Table(rows: testTable.functions * width, depth: row) { r, k in
        let (column, point) = expanded[k]
        let weight = { (q: Int) in
          weights[q] * column.factor
            * column.piece.factor(column.row, q, testTable, r / width, trialTable, r % width)
        }
        return point < 0 && nq > 1 ? (0..<nq).reduce(0) { $0 + weight($1) } : weight(max(point, 0))
      }
      return PlannedBlock(test: test, trial: trial, pieces: pieces, table: table, offsets: offsets)
    }
    matrixBlocks = matrixDrafts.map { plan($0.pair.test, $0.pair.trial, $0.drafts, list.offsets($0.pair)) }
    vectorBlocks = vectorDrafts.map { plan($0.test, nil, $0.drafts, nil) }
    self.samples = samples.map { node in
      node.constantValue.map { .constant($0) } ?? .array(pointAt[pointNodes.firstIndex(of: node)!])
    }
    let all = matrixBlocks + vectorBlocks
    inputOffset = take(all.map(\.table.depth).max() ?? 0)
    outputOffset = take(all.map(\.table.rows).max() ?? 0)
    scratchSize = size
  }

  /// 1 for the cells of a list that lie in a region, else 0.
  private static func indicator(_ name: String, _ space: MixedSpace, _ block: Int, _ list: CellList) throws
    -> Buffer<Double>
  {
    let tags = try space.mesh.regionTags(named: name)
    let all = space.mesh.cells[block].tags
    let result = Buffer<Double>(uninitialized: max(list.count, 1))
    for i in 0..<list.count { result.pointer[i] = tags.contains(all[list.cells?[i] ?? i]) ? 1 : 0 }
    return result
  }

  /// The longest edge of each cell of a list.
  private static func diameters(_ space: MixedSpace, _ block: Int, _ list: CellList) -> Buffer<Double> {
    let (d, m) = (space.mesh.dimension, space.spaces[0].blocks[block].geometry.nodeCount)
    let edges = space.mesh.cells[block].shape.edges
    let x = space.spaces[0].coordinates.pointer
    let result = Buffer<Double>(uninitialized: max(list.count, 1))
    for c in 0..<list.count {
      var longest = 0.0
      for edge in edges {
        let (a, b) = (Int(list.points.pointer[c * m + edge[0]]), Int(list.points.pointer[c * m + edge[1]]))
        var square = 0.0
        for axis in 0..<d {
          let difference = x[a * d + axis] - x[b * d + axis]
          square += difference * difference
        }
        longest = max(longest, square)
      }
      result.pointer[c] = longest.squareRoot()
    }
    return result
  }

  /// The value of a sampled formula at a point of a cell of the batch that was evaluated last.
  func sampled(_ index: Int, _ point: Int, _ cell: Int, _ scratch: BlockScratch) -> Double {
    switch samples[index] {
    case .constant(let value): value
    case .array(let offset): scratch.memory.pointer[offset + point * Self.lanes + cell]
    }
  }

  /// The surface or volume element, without the weight, at a point of a cell of the batch that was evaluated last.
  func measure(_ point: Int, _ cell: Int, _ scratch: BlockScratch) -> Double {
    scratch.memory.pointer[measureOffset + (places == 1 ? 0 : point) * Self.lanes + cell]
  }

  /// Sets the time of the formulas for the passes that follow.
  func setTime(_ time: Double) {
    cellProgram?.setTime(time)
    pointProgram?.setTime(time)
  }
}

/// The map from the reference side to a side of the reference cell, and its outward area vector.
struct SideFrame {
  let origin: [Double]
  let tangents: [[Double]]
  let area: [Double]

  /// - Parameter order: The corners of the side in the order in which the reference side's are mapped to them.
  init(_ shape: CellShape, _ side: Int, order: [Int]? = nil) {
    let corners = (order ?? shape.facets[side]).map { shape.referenceVertices[$0] }
    origin = corners[0]
    let difference = { (a: [Double], b: [Double]) in zip(a, b).map { $0 - $1 } }
    switch shape.facetShape {
    case .vertex: tangents = []
    case .interval: tangents = [difference(corners[1], corners[0])]
    case .quadrilateral: tangents = [difference(corners[1], corners[0]), difference(corners[3], corners[0])]
    default: tangents = [difference(corners[1], corners[0]), difference(corners[2], corners[0])]
    }
    // Corners of sides are ordered such that their normal points outwards.
    switch shape.dimension {
    case 1: area = [side == 0 ? -1 : 1]
    case 2: area = [tangents[0][1], -tangents[0][0]]
    default:
      let (u, v) = (tangents[0], tangents[1])
      area = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    }
  }

  func point(_ s: [Double]) -> [Double] {
    origin.indices.map { axis in
      zip(tangents, s).reduce(origin[axis]) { $0 + $1.0[axis] * $1.1 }
    }
  }
}
