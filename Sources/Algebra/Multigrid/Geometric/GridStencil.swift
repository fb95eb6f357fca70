import CKernels
import Tensors

/// The coefficients of an operator on a grid in double precision, in one of two forms.
enum GridCoefficients: Sendable {
  /// Couplings per mass that are sums over the axes, and a constant reaction: what coefficients that are constant, or
  /// differ between axes only, give. Nothing is stored per unknown.
  case separable([SeparableAxis], reaction: Double)
  /// A number per face.
  case faces(FaceArrays)

  /// Unknowns along the three axes in the order of memory; 1 for missing ones.
  var counts: [Int] {
    switch self {
    case .separable(let axes, _): return axes.map(\.count)
    case .faces(let arrays): return arrays.counts
    }
  }

  var periodic: [Bool] {
    switch self {
    case .separable(let axes, _): return axes.map(\.isPeriodic)
    case .faces(let arrays): return arrays.geometry.map(\.isPeriodic)
    }
  }
}

/// The coefficients as the kernels of one precision read them: a record per plane of the grid.
final class GridStencil<Scalar: SparseScalar>: @unchecked Sendable {
  // Unchecked: nothing changes after the initialiser, and the records point into buffers of this object.

  let counts: [Int]
  let isPeriodic: [Bool]
  /// Unknowns of one plane, and planes.
  let planeSize: Int
  let planes: Int
  /// A plane of zeros, which stands for planes outside the grid.
  let zeros: Buffer<Scalar>
  private let records: Buffer<ck_grid_plane>
  private let owned: [AnyObject]

  /// - Parameter scale: what couplings are multiplied by.
  init(_ coefficients: GridCoefficients, scale: Double) {
    counts = coefficients.counts
    isPeriodic = coefficients.periodic
    planeSize = counts[0] * counts[1]
    planes = counts[2]
    zeros = Buffer(count: planeSize)
    records = Buffer(uninitialized: planes)
    switch coefficients {
    case .separable(let axes, let reaction):
      owned = Self.fill(records, axes, reaction: reaction, scale: scale, zeros: zeros)
    case .faces(let arrays):
      owned = Self.fill(records, arrays, isPeriodic: isPeriodic, scale: scale, zeros: zeros)
    }
  }

  /// The record of a plane.
  func plane(_ z: Int) -> UnsafePointer<ck_grid_plane> { UnsafePointer(records.pointer + z) }

  /// The plane `offset` away from plane z of an array, across the seam of a periodic grid.
  func neighbour(_ array: UnsafePointer<Scalar>, _ z: Int, _ offset: Int) -> UnsafePointer<Scalar> {
    let other = z + offset
    if other >= 0 && other < planes { return array + other * planeSize }
    return isPeriodic[2] ? array + (other + planes) % planes * planeSize : UnsafePointer(zeros.pointer)
  }

  private static func fill(
    _ records: Buffer<ck_grid_plane>, _ axes: [SeparableAxis], reaction: Double, scale: Double,
    zeros: Buffer<Scalar>
  ) -> [AnyObject] {
    let couplings = axes.map(\.couplings)
    func table(_ values: [Double]) -> Buffer<Scalar> { Buffer(values.map { Scalar($0 * scale) }) }
    let before = couplings.map { table($0.before) }
    let after = couplings.map { table($0.after) }
    let (nx, ny, nz) = (axes[0].count, axes[1].count, axes[2].count)
    let diagonal = table(couplings[0].diagonal)
    let rowDiagonal = Buffer<Scalar>(uninitialized: ny * nz)
    let inverseRows = Buffer<Int32>(uninitialized: ny * nz)
    // Rows with the same diagonal share a row of inverses: there are few different ones.
    var numbers: [Scalar: Int32] = [:]
    var inverses: [Scalar] = []
    for z in 0..<nz {
      for y in 0..<ny {
        let own = Scalar((couplings[1].diagonal[y] + couplings[2].diagonal[z] + reaction) * scale)
        rowDiagonal.pointer[z * ny + y] = own
        if numbers[own] == nil {
          numbers[own] = Int32(numbers.count)
          for x in 0..<nx { inverses.append(1 / (diagonal.pointer[x] + own)) }
        }
        inverseRows.pointer[z * ny + y] = numbers[own]!
      }
    }
    let inverse = Buffer(inverses)
    for z in 0..<nz {
      (records.pointer + z).initialize(
        to: ck_grid_plane(
          nx: Int64(nx), ny: Int64(ny), periodicRows: axes[0].isPeriodic ? 1 : 0,
          periodicPlane: axes[1].isPeriodic ? 1 : 0, rowStride: 0, faceStride: 0, west: before[0].pointer,
          east: after[0].pointer, south: ny > 1 ? UnsafeRawPointer(before[1].pointer) : nil,
          north: ny > 1 ? UnsafeRawPointer(after[1].pointer) : nil, below: before[2].pointer + z,
          above: after[2].pointer + z, diagonal: diagonal.pointer, rowDiagonal: rowDiagonal.pointer + z * ny,
          inverse: inverse.pointer, inverseRows: inverseRows.pointer + z * ny, zeros: zeros.pointer))
    }
    return before + after + [diagonal, rowDiagonal, inverseRows, inverse]
  }

  private static func fill(
    _ records: Buffer<ck_grid_plane>, _ arrays: FaceArrays, isPeriodic: [Bool], scale: Double,
    zeros: Buffer<Scalar>
  ) -> [AnyObject] {
    func converted(_ values: Buffer<Double>) -> Buffer<Scalar> {
      let result = Buffer<Scalar>(uninitialized: values.count)
      for i in 0..<values.count { result.pointer[i] = Scalar(values.pointer[i] * scale) }
      return result
    }
    let (nx, ny, nz) = (arrays.counts[0], arrays.counts[1], arrays.counts[2])
    let faces = arrays.faces.map { $0.map(converted) }
    let shift = arrays.shift.map(converted)
    // A missing third axis reads couplings of zero.
    let none = Buffer<Scalar>(count: nx * ny)
    // Only single precision relaxes, and a division takes longer than all the rest of it.
    let inverse = Scalar.self == Float.self ? Buffer<Float>(uninitialized: nx * ny * nz) : nil
    for z in 0..<nz {
      let x = faces[0]!.pointer + z * ny * (nx + 1)
      let y = faces[1].map { $0.pointer + z * (ny + 1) * nx }
      let below = faces[2].map { $0.pointer + z * ny * nx } ?? none.pointer
      let above = faces[2].map { $0.pointer + (z + 1) * ny * nx } ?? none.pointer
      (records.pointer + z).initialize(
        to: ck_grid_plane(
          nx: Int64(nx), ny: Int64(ny), periodicRows: isPeriodic[0] ? 1 : 0,
          periodicPlane: isPeriodic[1] ? 1 : 0,
          rowStride: Int64(nx), faceStride: Int64(nx + 1), west: x, east: x + 1,
          south: y.map { UnsafeRawPointer($0) },
          north: y.map { UnsafeRawPointer($0 + nx) }, below: below, above: above,
          diagonal: shift.map { UnsafeRawPointer($0.pointer + z * ny * nx) }, rowDiagonal: nil,
          inverse: inverse.map { UnsafeRawPointer($0.pointer + z * ny * nx) }, inverseRows: nil,
          zeros: zeros.pointer))
      if let inverse { ck_grid_invert_diagonal(records.pointer + z, inverse.pointer + z * ny * nx) }
    }
    return faces.compactMap { $0 } + (shift.map { [$0] } ?? []) + (inverse.map { [$0] } ?? []) + [none]
  }
}
