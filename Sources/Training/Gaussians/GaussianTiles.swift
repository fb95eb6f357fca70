import CKernels
import Equations
import Tensors

/// The passes over points of residuals of Gaussians, tile by tile on all threads, in memory that is kept.
final class GaussianTiles: @unchecked Sendable {
  // Unchecked: what a pass reads and writes is set between regions; tiles write rows of their own, and scratch belongs to a
  // worker.

  /// A place with its points [points, coordinates], and what each residual is multiplied by.
  struct Place {
    var points: Tensor<Double>
    var formula: GaussianFormula
    var scales: [Double]
  }

  private struct Tile {
    var place: Int
    var first, count: Int
    /// The row of the first residual at the first point.
    var row: Int
  }

  /// Memory of a worker for one place: inputs and outputs of the formulas, [·][points of a tile].
  private struct Scratch {
    let frame: PointwiseProgram.Frame
    let pass: PointwiseProgram.Pass
    let inputs, outputs: Buffer<Double>
    /// Slopes of one residual in the order of its terms.
    let slopes: Buffer<Double>
  }

  /// Points of a tile: rows of a few hundred Gaussians stay within the second-level cache.
  private static let length = 64

  private let places: [Place]
  private let sum: GaussianSum
  private let tiles: [Tile]
  private let scratch: [[Scratch]]
  private let free: Buffer<Double>
  private let freeCount: Int
  private var region: ParallelRegion?

  // What a pass writes.
  private var residuals: UnsafeMutablePointer<Double>?
  private var rows: UnsafeMutablePointer<Double>?
  private var stride = 0
  private var withShapes = false
  private var other: GaussianSum?

  init(places: [Place], sum: GaussianSum, freeCount: Int) {
    (self.places, self.sum, self.freeCount) = (places, sum, freeCount)
    free = Buffer(count: max(freeCount, 1))
    var (tiles, row): ([Tile], Int) = ([], 0)
    for (index, place) in places.enumerated() {
      let count = place.points.shape[0]
      for first in Swift.stride(from: 0, to: count, by: Self.length) {
        tiles.append(
          Tile(place: index, first: first, count: min(Self.length, count - first), row: row + first))
      }
      row += count * place.formula.residualCount
    }
    self.tiles = tiles
    scratch = (0..<WorkerPool.shared.threadCount).map { _ in
      places.map { place in
        let program = place.formula.program
        let frame = PointwiseProgram.Frame(for: program)
        let inputs = Buffer<Double>(count: max(program.inputs.count, 1) * Self.length)
        let outputs = Buffer<Double>(count: program.outputCount * Self.length)
        for i in program.inputs.indices { frame.setInput(i, inputs.pointer + i * Self.length) }
        for i in 0..<program.outputCount {
          frame.setOutput(i, of: program, outputs.pointer + i * Self.length)
        }
        return Scratch(
          frame: frame, pass: program.pass(on: frame), inputs: inputs, outputs: outputs,
          slopes: Buffer(count: (place.formula.terms.count + 1) * Self.length))
      }
    }
    region = nil
    region = ParallelRegion(tiles: tiles.count) { [unowned self] tile, worker in run(tile, worker) }
  }

  /// Sets the problem's parameters that are to be found.
  func setFree(_ values: UnsafePointer<Double>) { free.pointer.update(from: values, count: freeCount) }

  /// Writes scaled residuals and, where asked, rows of the Jacobian, `stride` apart: of weights, then of means and widths, then
  /// of the problem's parameters, as far as there is room in a row. Rows may be those of other Gaussians than the fields are
  /// made of.
  func run(
    residuals: UnsafeMutablePointer<Double>, rows: UnsafeMutablePointer<Double>?, stride: Int,
    withShapes: Bool,
    rowsOf other: GaussianSum? = nil
  ) {
    (self.residuals, self.rows, self.stride, self.withShapes) = (residuals, rows, stride, withShapes)
    self.other = other
    WorkerPool.shared.run(region!)
    (self.residuals, self.rows, self.other) = (nil, nil, nil)
  }

  private func run(_ index: Int, _ worker: Int) {
    let tile = tiles[index]
    let place = places[tile.place]
    let (formula, scratch, length) = (place.formula, scratch[worker][tile.place], Self.length)
    let (axes, count, total) = (formula.axes, tile.count, place.points.shape[0])
    var (kernel, rowKernel) = (sum.kernel, (other ?? sum).kernel)
    place.points.withUnsafeBufferPointer { table in
      let x = table.baseAddress! + tile.first * axes
      for j in 0..<axes {
        for n in 0..<count { scratch.inputs.pointer[j * length + n] = x[n * axes + j] }
      }
      let jets = scratch.inputs.pointer + axes * length
      formula.terms.withUnsafeBufferPointer {
        ck_gaussian_jets(&kernel, x, Int64(count), $0.baseAddress, Int64($0.count), jets, Int64(length))
      }
      for k in 0..<freeCount {
        (jets + (formula.terms.count + k) * length).update(repeating: free.pointer[k], count: count)
      }
      scratch.pass.run(count: count)
      for e in 0..<formula.residualCount {
        let scale = place.scales[e]
        let row = tile.row + e * total
        let values = scratch.outputs.pointer + e * length
        for n in 0..<count { residuals![row + n] = scale * values[n] }
        guard let rows else { continue }
        let slopes = scratch.outputs.pointer + formula.slopeStart[e] * length
        let own = formula.ownTerms[e]
        own.withUnsafeBufferPointer {
          ck_gaussian_rows(
            &rowKernel, x, Int64(count), $0.baseAddress, Int64($0.count), slopes, Int64(length), scale,
            withShapes ? 1 : 0, rows + row * stride, Int64(stride))
        }
        let start = sum.unknowns * sum.count + (withShapes ? 2 * axes * sum.count : 0)
        guard other == nil, start + freeCount <= stride else { continue }
        for n in 0..<count {
          (rows + (row + n) * stride + start).update(repeating: 0, count: freeCount)
          for (i, k) in formula.free[e].enumerated() {
            rows[(row + n) * stride + start + k] = scale * slopes[(own.count + i) * length + n]
          }
        }
      }
    }
  }
}
