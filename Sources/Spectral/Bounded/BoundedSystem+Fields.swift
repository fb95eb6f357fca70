import Algebra
import Equations
import Foundation
import Geometry
import Tensors

extension BoundedSystem: SpectralSystem {
  public var modeCount: Int { structure.modeCount }
  public var coefficientCount: Int { (structure.isComplex ? 2 : 1) * structure.modeCount }
  public var grid: RectilinearGrid { RectilinearGrid(coordinates: structure.axes.map(\.coordinates)) }
  /// Trapezoidal along Fourier and cosine axes, exact for their series; with end corrections of order 6 along sine axes,
  /// where integrands may be odd (a field) or even (its square); those of Clenshaw and Curtis along Chebyshev axes.
  public var weights: [[Double]] { structure.axes.map(\.weights) }
  /// None: every unknown is stepped.
  public var hiddenUnknowns: Set<Int> { [] }
  public var methodName: String {
    var names: [String] = []
    for basis in basis where !names.contains(basis.rawValue.capitalized) {
      names.append(basis.rawValue.capitalized)
    }
    return names.joined(separator: "–")
  }

  public func state(of fields: [[Double]], time: Double) throws -> [[Double]] {
    precondition(fields.count == variables.count, "\(fields.count) fields for \(variables.count) variables")
    let analysis = FieldAnalysis(
      structure,
      variables.indices.map {
        [.init(variable: $0, coefficient: 1, outer: .zero, isDividedByMass: false)]
      }, workers: WorkerPool.shared.threadCount)
    for (v, field) in fields.enumerated() {
      let name = system.unknowns[variables[v]].name
      precondition(
        field.count == analysis.fields[v].count,
        "\(field.count) values for a grid of \(analysis.fields[v].count)")
      try structure.checkSides(of: field, "the field \(name)")
      analysis.fields[v].pointer.update(from: field, count: field.count)
    }
    analysis.run(.shared)
    let boundary = try boundary(at: time)
    return variables.indices.map { v in
      let modes = analysis.modes[v]!
      return (0..<coefficientCount).map { modes[$0] + (boundary?.lift[v][$0] ?? 0) }
    }
  }

  public func values(of jets: [Jet], in state: [[Double]], time: Double) throws -> [[Double]] {
    let requests = try jets.map(request)
    let synthesis = try synthesis(of: requests, state, time)
    let count = structure.axes.reduce(1) { $0 * $1.points }
    return synthesis.values.map { Array(UnsafeBufferPointer(start: $0, count: count)) }
  }

  public func values(of jets: [Jet], in state: [[Double]], time: Double, at points: [[Double]]) throws
    -> [[Double]]
  {
    let requests = try jets.map(request)
    let synthesis = try synthesis(of: [], state, time)
    let axes = structure.axes
    let shape = ArrayShape(axes.map(\.extent), structure.isComplex ? 2 : 1)
    return requests.map { request in
      // Derivatives along Chebyshev axes first, at the collocation points.
      var field = synthesis.mixed[request.variable]
      var owned: [Buffer<Double>] = []
      for (a, axis) in axes.enumerated() where axis.basis == .chebyshev && request.orders[axis.axis] > 0 {
        let next = Buffer<Double>(count: shape.count)
        let matrix = axis.nodes.differentiationMatrix(order: request.orders[axis.axis])
        let task = DenseTask(
          Buffer(copying: matrix.elements), rows: axis.extent, columns: axis.extent, shape.line(a),
          from: field,
          to: next.pointer)
        for tile in 0..<task.tiles { task.run(tile, 0) }
        owned.append(next)
        field = next.pointer
      }
      return withExtendedLifetime((owned, synthesis)) {
        var result = Array(repeating: 0.0, count: points.count)
        result.withUnsafeMutableBufferPointer { buffer in
          nonisolated(unsafe) let (output, values) = (buffer, UnsafePointer(field))
          // Tiles write their own elements.
          WorkerPool.shared.forEach(tiles: (points.count + 15) / 16) { tile, _ in
            for i in tile * 16..<min((tile + 1) * 16, points.count) {
              output[i] = self.structure.value(of: values, request.orders, at: points[i])
            }
          }
        }
        return result
      }
    }
  }

  public func makeStepper(
    _ coefficients: StepCoefficients, state: [[Double]], time: Double, stepIndex: Int, pool: WorkerPool
  ) -> any SpectralStepper {
    BoundedStepper(self, coefficients, state: state, time: time, stepIndex: stepIndex, pool: pool)
  }

  private func request(_ jet: Jet) throws -> FieldSynthesis.Request {
    guard jet.timeOrder == 0, let v = variables.firstIndex(of: jet.unknown) else {
      throw EquationError("a time derivative is no part of the state: evaluate the equation instead")
    }
    return .init(variable: v, orders: jet.orders)
  }

  private func boundary(at time: Double) throws -> BoundaryForcing? {
    guard hasBoundaryData else { return nil }
    let boundary = try BoundaryForcing(
      structure, solver: boundarySolver, workers: WorkerPool.shared.threadCount)
    boundary?.update(time, .shared)
    return boundary
  }

  private func synthesis(of requests: [FieldSynthesis.Request], _ state: [[Double]], _ time: Double) throws
    -> FieldSynthesis
  {
    precondition(
      state.count == variables.count && state.allSatisfy { $0.count == coefficientCount },
      "\(state.map(\.count)) numbers for \(variables.count) variables of \(coefficientCount) coefficients")
    let boundary = try boundary(at: time)
    let synthesis = FieldSynthesis(
      structure, requests, boundary: boundary, workers: WorkerPool.shared.threadCount)
    for (v, modes) in state.enumerated() {
      for i in modes.indices { synthesis.modes[v].pointer[i] = modes[i] - (boundary?.lift[v][i] ?? 0) }
    }
    withExtendedLifetime(boundary) { synthesis.run(.shared) }
    return synthesis
  }
}

extension BoundedStructure {
  /// ∂ᵅ of a field at one point: along waves by the series, along Chebyshev axes (whose derivatives the values have
  /// already) by barycentric interpolation. Outside of bounded axes it is not a number.
  func value(of field: UnsafePointer<Double>, _ orders: MultiIndex, at point: [Double]) -> Double {
    precondition(
      point.count == axes.count, "a point with \(point.count) coordinates in \(axes.count) dimensions")
    var rows: [[Complex<Double>]] = []
    for (axis, x) in zip(axes, point) {
      guard let row = axis.evaluationRow(x, order: orders[axis.axis]) else { return .nan }
      rows.append(row)
    }
    // Axis by axis from the last: sums over (x, y, z) with x outermost.
    let extents = axes.map(\.extent)
    func sum(_ a: Int, _ offset: Int) -> Complex<Double> {
      if a == axes.count {
        return isComplex ? Complex(field[2 * offset], field[2 * offset + 1]) : Complex(field[offset])
      }
      var total = Complex<Double>.zero
      for i in 0..<extents[a] {
        let value = sum(a + 1, offset * extents[a] + i)
        // The half spectrum stands for its mirror image, too.
        if axes[a].isHalf && i > 0 {
          total += Complex(2) * rows[a][i] * value
        } else {
          total += rows[a][i] * value
        }
      }
      return total
    }
    return sum(0, 0).real
  }
}

extension BoundedAxis {
  /// What each coefficient along the axis contributes to a value at x; nil outside of the axis.
  fileprivate func evaluationRow(_ x: Double, order: Int) -> [Complex<Double>]? {
    var x = x
    if basis != .fourier {
      let tolerance = 1e-13 * interval.length
      guard x >= interval.lower - tolerance, x <= interval.upper + tolerance else { return nil }
      x = min(max(x, interval.lower), interval.upper)
    } else if !x.isFinite {
      return nil
    }
    if basis == .chebyshev { return nodes.interpolationMatrix(to: [x]).elements.map { Complex($0) } }
    return (0..<extent).map { i in
      let angle = angularWavenumber(i) * (x - interval.lower)
      let symbol = symbol(order, i)
      if basis == .fourier { return symbol * Complex.polar(1, angle) }
      let isSine = basis.parity!.differentiated(order) == .odd
      return symbol * Complex(isSine ? sin(angle) : cos(angle))
    }
  }
}
