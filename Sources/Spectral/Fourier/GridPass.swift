import CKernels
import Equations
import Tensors
import Transforms

/// The memory and transforms between modes and products on the grid, cut so that each tile's data stay in cache.
///
/// A field goes to the grid in two passes. The *column* pass transforms along x, four columns (wavenumbers of the other
/// axes) per tile, and skips columns beyond the cutoff. The *plane* pass transforms the remaining axes of a few
/// x-planes, forms the products there, and transforms those back, so that grid values never leave the cache. Two real
/// rows go through one complex transform, which costs little more than one real row.
final class GridPass: @unchecked Sendable {
  // Unchecked: tiles write disjoint parts of `fields` and `products`; scratch is per worker.

  let system: FourierSystem
  let layout: FourierLayout
  let inputCount: Int
  let productCount: Int

  /// Columns of one tile of the column pass.
  struct Block: Sendable {
    /// The wavenumber group (kz in three dimensions) and the columns within it.
    var group: Int
    var columns: Range<Int>
    /// The first mode and the number of modes, contiguous.
    var firstMode: Int
    var modes: Int
  }

  /// Four columns fill cache lines in both passes, and leave enough blocks to share out evenly.
  private static let columnsPerBlock = 4
  let blocks: [Block]
  /// Planes of one tile of the plane pass.
  let planes: [Range<Int>]

  private let n: [Int]
  private let k: [Int]
  /// Points and cutoffs of the first and last axis.
  private let (n0, k0, nLast, kLast): (Int, Int, Int, Int)
  private let columnsPerGroup: Int
  private let groups: Int
  private let rowStride: Int
  private let planeStride: Int
  /// After the column pass: [input][x][group][column].
  private let fields: UnsafeMutablePointer<Double>
  private let products: UnsafeMutablePointer<Double>
  private let coefficientRows: UnsafeMutablePointer<Double>
  private let coefficientCount: Int
  private let coefficientStride: Int
  private let pairsRows: Bool

  private let plans: [FFTPlan<Double>]
  private let columnForward: FFTPlan<Double>.Executor?
  private let columnBackward: FFTPlan<Double>.Executor?
  private let middleForward: FFTPlan<Double>.Executor?
  private let middleBackward: FFTPlan<Double>.Executor?
  private let rowForward: FFTPlan<Double>.Executor
  private let rowBackward: FFTPlan<Double>.Executor

  /// Scratch of one worker, as plain pointers: reference counts in the inner loops cost several per cent.
  private struct Scratch {
    /// A line along the first (or middle) axis with zeros between the kept modes: they are never overwritten.
    let padded: UnsafeMutablePointer<Double>
    let middlePadded: UnsafeMutablePointer<Double>
    let line: UnsafeMutablePointer<Double>
    let lines: UnsafeMutablePointer<Double>
    let plane: UnsafeMutablePointer<Double>
    /// Two rows packed into one spectrum, with zeros beyond the kept modes that are never overwritten.
    let packed: UnsafeMutablePointer<Double>
    let row: UnsafeMutablePointer<Double>
    let values: UnsafeMutablePointer<Double>
    let inputs: UnsafeMutablePointer<Double>
    let outputs: UnsafeMutablePointer<Double>
    let program: PointwiseProgram.Pass
  }

  private func makeScratch() -> Scratch {
    let d = layout.dimension
    let longest = n.dropLast().max() ?? 1
    func memory(_ count: Int) -> UnsafeMutablePointer<Double> {
      let buffer = Buffer<Double>(count: max(1, count))
      owned.append(buffer)
      return buffer.pointer
    }
    let frame = PointwiseProgram.Frame(for: system.program)
    frames.append(frame)
    let s = Scratch(
      padded: memory(2 * n[0]), middlePadded: memory(d == 3 ? 2 * n[1] : 2), line: memory(2 * longest),
      lines: memory(2 * Self.columnsPerBlock * Self.paddedLength(longest)),
      plane: memory(d == 3 ? 2 * n[1] * middleStride : 2), packed: memory(2 * n[d - 1]),
      row: memory(2 * (n[d - 1] + 2)),
      values: memory(n[d - 1] + 2), inputs: memory(inputCount * chunk), outputs: memory(productCount * chunk),
      program: system.program.pass(on: frame))
    for q in 0..<inputCount { frame.setInput(q, s.inputs + q * chunk) }
    for p in 0..<productCount { frame.setOutput(p, of: system.program, s.outputs + p * chunk) }
    return s
  }

  private var owned: [Buffer<Double>] = []
  private var frames: [PointwiseProgram.Frame] = []
  private var scratch: [Scratch] = []
  /// Grid values that are formed at a time: a pair of rows, or a plane of a three-dimensional box.
  private let chunk: Int
  private let lineStride: Int
  private let middleStride: Int

  init(_ system: FourierSystem, workers: Int) {
    self.system = system
    layout = system.layout
    inputCount = system.plan.inputs.count
    productCount = system.plan.products.count
    n = layout.points
    k = layout.cutoff
    let d = layout.dimension
    let last = n[d - 1]
    (n0, k0, nLast, kLast) = (n[0], k[0], last, k[d - 1])
    pairsRows = d == 2 ? n[0] % 2 == 0 : d == 3 ? n[1] % 2 == 0 : false
    chunk = ((d == 3 ? n[1] * n[2] : pairsRows ? 2 * last : last) + 7) / 8 * 8

    groups = d == 3 ? k[2] + 1 : 1
    columnsPerGroup = d == 1 ? 1 : d == 2 ? k[1] + 1 : 2 * k[1] + 1
    rowStride = Self.paddedLength(columnsPerGroup)
    planeStride = groups * rowStride
    lineStride = d == 1 ? 1 : Self.paddedLength(n[0])
    middleStride = d == 3 ? Self.paddedLength(k[2] + 1) : 1
    let columnLength = layout.columnLength
    var blocks: [Block] = []
    let perGroup = columnsPerGroup
    for group in 0..<groups {
      for first in stride(from: 0, to: perGroup, by: Self.columnsPerBlock) {
        let columns = first..<min(first + Self.columnsPerBlock, perGroup)
        blocks.append(
          Block(
            group: group, columns: columns, firstMode: (group * perGroup + first) * columnLength,
            modes: columns.count * columnLength))
      }
    }
    self.blocks = blocks
    let planeCount = d == 1 ? 1 : n[0]
    let perTile = d == 2 ? 8 : 1
    planes = stride(from: 0, to: planeCount, by: perTile).map { $0..<min($0 + perTile, planeCount) }
    let size = d == 1 ? 2 * ((last / 2 + 1 + 3) / 4 * 4) : 2 * n[0] * planeStride
    owned = [Buffer(count: max(1, inputCount * size)), Buffer(count: max(1, productCount * size))]
    fields = owned[0].pointer
    products = owned[1].pointer

    var plans: [FFTPlan<Double>] = []
    func plan(_ kind: FFTKind, _ length: Int) -> FFTPlan<Double>.Executor {
      let plan = FFTPlan<Double>(kind, shape: [length])
      plans.append(plan)
      return plan.executor
    }
    columnForward = d > 1 ? plan(.complexToComplex(.forward), n[0]) : nil
    columnBackward = d > 1 ? plan(.complexToComplex(.backward), n[0]) : nil
    middleForward = d == 3 ? plan(.complexToComplex(.forward), n[1]) : nil
    middleBackward = d == 3 ? plan(.complexToComplex(.backward), n[1]) : nil
    rowForward = plan(pairsRows ? .complexToComplex(.forward) : .realToComplex, last)
    rowBackward = plan(pairsRows ? .complexToComplex(.backward) : .complexToReal, last)
    self.plans = plans

    // Coefficients lie as the plane pass forms its values: two rows interleaved.
    coefficientCount = system.coefficientValues.count
    coefficientStride = (layout.pointCount + 7) / 8 * 8
    owned.append(Buffer(count: max(1, coefficientCount * coefficientStride)))
    coefficientRows = owned[2].pointer
    for (i, values) in system.coefficientValues.enumerated() {
      for row in 0..<layout.pointCount / last {
        for j in 0..<last {
          let position = pairsRows ? (row / 2) * 2 * last + 2 * j + row % 2 : row * last + j
          coefficientRows[i * coefficientStride + position] = values[row * last + j]
        }
      }
    }
    scratch = (0..<workers).map { _ in makeScratch() }
  }

  /// Row lengths in complex numbers: whole cache lines, and never a multiple of a page, which would map all rows onto
  /// the same cache sets.
  private static func paddedLength(_ count: Int) -> Int {
    let lines = (count + 3) / 4 * 4
    return lines % 256 == 0 ? lines + 4 : lines
  }

  // MARK: - Column pass

  /// A run of modes: where they lie, their offset from the first mode of the block, and their number.
  struct Run {
    var modes: UnsafeMutablePointer<Double>
    var offset: Int
    var count: Int
  }

  /// The products' modes of a block are handed to `body`, product after product, in runs of contiguous modes.
  @inline(__always)
  func forwardColumns(_ block: Block, worker: Int, _ body: (_ product: Int, _ run: Run) -> Void) {
    guard let columnForward else {
      for p in 0..<productCount { body(p, Run(modes: products1D(p), offset: 0, count: block.modes)) }
      return
    }
    let s = scratch[worker]
    let count = block.columns.count
    for p in 0..<productCount {
      ck_transpose_complex_d(
        s.lines, Int64(lineStride), column(products, p, block), Int64(planeStride), Int64(n0), Int64(count))
      for c in 0..<count {
        columnForward.execute(s.lines + 2 * c * lineStride, s.line)
        forEachEnd(of: s.line, column: c) { body(p, $0) }
      }
    }
  }

  /// Has `body` fill in the modes of each input of a block, run by run, and transforms them along x.
  @inline(__always)
  func backwardColumns(_ block: Block, worker: Int, _ body: (_ input: Int, _ run: Run) -> Void) {
    guard let columnBackward else {
      for q in 0..<inputCount { body(q, Run(modes: fields1D(q), offset: 0, count: block.modes)) }
      return
    }
    let s = scratch[worker]
    let count = block.columns.count
    for q in 0..<inputCount {
      for c in 0..<count {
        forEachEnd(of: s.padded, column: c) { body(q, $0) }
        columnBackward.execute(s.padded, s.lines + 2 * c * lineStride)
      }
      ck_transpose_complex_d(
        column(fields, q, block), Int64(planeStride), s.lines, Int64(lineStride), Int64(count), Int64(n0))
    }
  }

  /// The kept modes 0 … k and −k … −1 of a line along x, where they stand in a transform of n points.
  @inline(__always)
  private func forEachEnd(of line: UnsafeMutablePointer<Double>, column: Int, _ body: (Run) -> Void) {
    let first = column * (2 * k0 + 1)
    body(Run(modes: line, offset: first, count: k0 + 1))
    if k0 > 0 { body(Run(modes: line + 2 * (n0 - k0), offset: first + k0 + 1, count: k0)) }
  }

  private func column(_ array: UnsafeMutablePointer<Double>, _ index: Int, _ block: Block)
    -> UnsafeMutablePointer<Double>
  {
    array + 2 * (index * n0 * planeStride + block.group * rowStride + block.columns.lowerBound)
  }

  /// The kept modes 0 … k, −k … −1 of a transform of n points.
  @inline(__always)
  private func keepEnds(
    of line: UnsafePointer<Double>, _ n: Int, _ k: Int, into modes: UnsafeMutablePointer<Double>
  ) {
    modes.update(from: line, count: 2 * (k + 1))
    (modes + 2 * (k + 1)).update(from: line + 2 * (n - k), count: 2 * k)
  }

  @inline(__always)
  private func placeEnds(
    _ modes: UnsafePointer<Double>, _ n: Int, _ k: Int, into line: UnsafeMutablePointer<Double>
  ) {
    line.update(from: modes, count: 2 * (k + 1))
    (line + 2 * (n - k)).update(from: modes + 2 * (k + 1), count: 2 * k)
  }

  // In one dimension the modes lie in the arrays that the row transforms read and write.
  private func fields1D(_ q: Int) -> UnsafeMutablePointer<Double> { fields + q * rowModes }
  private func products1D(_ p: Int) -> UnsafeMutablePointer<Double> { products + p * rowModes }
  /// Doubles of a half spectrum of the last axis.
  private var rowModes: Int { 2 * ((nLast / 2 + 1 + 3) / 4 * 4) }

  // MARK: - Plane pass

  /// Forms the products of a tile of planes.
  func formProducts(_ tile: Int, worker: Int) {
    let s = scratch[worker]
    switch layout.dimension {
    case 1: formRow(s)
    case 2:
      let range = planes[tile]
      if pairsRows {
        for x in stride(from: range.lowerBound, to: range.upperBound, by: 2) { formRowPair(x, s) }
      } else {
        for x in range { formSingleRow(x, s) }
      }
    default: for x in planes[tile] { formPlane(x, s) }
    }
  }

  @inline(__always)
  private func evaluate(_ s: Scratch, firstRow: Int, count: Int) {
    for i in 0..<coefficientCount {
      s.program.setInput(inputCount + i, coefficientRows + (i * coefficientStride + firstRow * nLast))
    }
    s.program.run(count: count)
  }

  private func formRow(_ s: Scratch) {
    for q in 0..<inputCount {
      halfSpectrumToRow(fields1D(q), s.inputs + q * chunk, cutoff: kLast, length: nLast, s)
    }
    evaluate(s, firstRow: 0, count: nLast)
    for p in 0..<productCount {
      rowForward.execute(s.outputs + p * chunk, products1D(p))
    }
  }

  private func halfSpectrumToRow(
    _ modes: UnsafePointer<Double>, _ row: UnsafeMutablePointer<Double>, cutoff: Int, length: Int,
    _ s: Scratch
  ) {
    s.row.update(from: modes, count: 2 * (cutoff + 1))
    (s.row + 2 * (cutoff + 1)).update(repeating: 0, count: 2 * (length / 2 - cutoff))
    rowBackward.execute(s.row, row)
  }

  private func row(_ array: UnsafeMutablePointer<Double>, _ index: Int, x: Int) -> UnsafeMutablePointer<
    Double
  > {
    array + 2 * (index * n0 + x) * planeStride
  }

  private func formRowPair(_ x: Int, _ s: Scratch) {
    let (cutoff, length) = (Int64(kLast), Int64(nLast))
    for q in 0..<inputCount {
      ck_pack_rows_d(s.packed, row(fields, q, x: x), row(fields, q, x: x + 1), cutoff, length)
      rowBackward.execute(s.packed, s.inputs + q * chunk)
    }
    evaluate(s, firstRow: x, count: 2 * nLast)
    for p in 0..<productCount {
      rowForward.execute(s.outputs + p * chunk, s.row)
      ck_unpack_rows_d(row(products, p, x: x), row(products, p, x: x + 1), s.row, cutoff, length)
    }
  }

  private func formSingleRow(_ x: Int, _ s: Scratch) {
    for q in 0..<inputCount {
      halfSpectrumToRow(row(fields, q, x: x), s.inputs + q * chunk, cutoff: kLast, length: nLast, s)
    }
    evaluate(s, firstRow: x, count: nLast)
    for p in 0..<productCount {
      rowForward.execute(s.outputs + p * chunk, s.row)
      row(products, p, x: x).update(from: s.row, count: 2 * (kLast + 1))
    }
  }

  /// A plane of a three-dimensional box: along y for every kz, then along z for every y.
  private func formPlane(_ x: Int, _ s: Scratch) {
    for q in 0..<inputCount {
      middleToPlane(row(fields, q, x: x), s)
      planeToValues(s.inputs + q * chunk, s)
    }
    evaluate(s, firstRow: x * n[1], count: n[1] * n[2])
    for p in 0..<productCount {
      valuesToPlane(s.outputs + p * chunk, s)
      planeToMiddle(row(products, p, x: x), s)
    }
  }

  private func middleToPlane(_ modes: UnsafePointer<Double>, _ s: Scratch) {
    let (ny, length) = (n[1], Self.paddedLength(n[1]))
    for first in stride(from: 0, through: kLast, by: 4) {
      let count = min(4, kLast + 1 - first)
      for c in 0..<count {
        placeEnds(modes + 2 * (first + c) * rowStride, ny, k[1], into: s.middlePadded)
        middleBackward!.execute(s.middlePadded, s.lines + 2 * c * length)
      }
      ck_transpose_complex_d(
        s.plane + 2 * first, Int64(middleStride), s.lines, Int64(length), Int64(count), Int64(ny))
    }
  }

  private func planeToMiddle(_ modes: UnsafeMutablePointer<Double>, _ s: Scratch) {
    let (ny, length) = (n[1], Self.paddedLength(n[1]))
    for first in stride(from: 0, through: kLast, by: 4) {
      let count = min(4, kLast + 1 - first)
      ck_transpose_complex_d(
        s.lines, Int64(length), s.plane + 2 * first, Int64(middleStride), Int64(ny), Int64(count))
      for c in 0..<count {
        middleForward!.execute(s.lines + 2 * c * length, s.line)
        keepEnds(of: s.line, ny, k[1], into: modes + 2 * (first + c) * rowStride)
      }
    }
  }

  private func planeToValues(_ values: UnsafeMutablePointer<Double>, _ s: Scratch) {
    let nz = nLast
    for y in stride(from: 0, to: n[1], by: pairsRows ? 2 : 1) {
      let modes = s.plane + 2 * y * middleStride
      if pairsRows {
        ck_pack_rows_d(s.packed, modes, modes + 2 * middleStride, Int64(kLast), Int64(nz))
        rowBackward.execute(s.packed, values + y * nz)
      } else {
        // A single row may begin at an odd address, which plans do not take.
        halfSpectrumToRow(modes, s.values, cutoff: kLast, length: nz, s)
        (values + y * nz).update(from: s.values, count: nz)
      }
    }
  }

  private func valuesToPlane(_ values: UnsafeMutablePointer<Double>, _ s: Scratch) {
    let nz = nLast
    for y in stride(from: 0, to: n[1], by: pairsRows ? 2 : 1) {
      let modes = s.plane + 2 * y * middleStride
      if pairsRows {
        rowForward.execute(values + y * nz, s.row)
        ck_unpack_rows_d(modes, modes + 2 * middleStride, s.row, Int64(kLast), Int64(nz))
      } else {
        s.values.update(from: values + y * nz, count: nz)
        rowForward.execute(s.values, s.row)
        modes.update(from: s.row, count: 2 * (kLast + 1))
      }
    }
  }
}
