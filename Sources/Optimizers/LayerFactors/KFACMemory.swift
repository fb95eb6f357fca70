import Algebra
import Tensors

/// What steps of ``KFAC`` work in, for one layout of factors.
final class KFACMemory<Scalar: OptimizerScalar> {
  /// Factors as the objective gives them, and as they are averaged, in two groups at most.
  let source, merged: LayerFactorLayout
  let sum: KroneckerSum
  var factors, gradient, direction, trial: Tensor<Scalar>
  let steps: [Double]
  var values: [Double]

  /// ∇L and Δ in doubles.
  private let wideGradient, wideDirection: Buffer<Double>
  /// Factors in doubles, and those of merged groups.
  private let wide, joined: Buffer<Double>
  private let passes: VectorPasses<Scalar>

  init(_ source: LayerFactorLayout, count: Int) {
    self.source = source
    let groups = source.groups
    merged =
      groups.count <= 2
      ? source
      : LayerFactorLayout(
        layers: source.layers, groups: [groups[0], groups.dropFirst().joined(separator: ", ")],
        others: source.others, denseLimit: source.denseLimit)
    sum = KroneckerSum(merged, smallest: Double(Scalar.ulpOfOne).squareRoot())
    factors = .zeros([source.count])
    (gradient, direction, trial) = (.zeros([count]), .zeros([count]), .zeros([count]))
    (wideGradient, wideDirection) = (Buffer(count: max(count, 1)), Buffer(count: max(count, 1)))
    wide = Buffer(count: max(source.count, 1))
    joined = Buffer(count: groups.count <= 2 ? 1 : merged.count)
    steps = (0...30).map { k in (0..<k).reduce(1) { step, _ in step / 2 } }
    values = Array(repeating: 0, count: steps.count)
    passes = VectorPasses(count: count, pool: .shared)
  }

  func inner(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Double {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in a.baseAddress.map { passes.inner($0, b.baseAddress!) } ?? 0 }
    }
  }

  /// Takes up the gradient; returns its norm.
  func takeGradient() -> Double {
    gradient.withUnsafeBufferPointer {
      if let g = $0.baseAddress { Scalar.convert(g, toDouble: wideGradient.pointer, count: $0.count) }
    }
    return inner(gradient, gradient).squareRoot()
  }

  /// Takes up the factors; whether all are finite.
  var areFactorsFinite: Bool {
    factors.withUnsafeBufferPointer {
      guard let f = $0.baseAddress else { return true }
      Scalar.convert(f, toDouble: wide.pointer, count: $0.count)
      return Double.inner(wide.pointer, wide.pointer, count: $0.count).isFinite
    }
  }

  /// What averages begin with: identities, and ones.
  func setToIdentity(_ averages: inout Tensor<Double>) {
    averages.withUnsafeMutableBufferPointer {
      $0.update(repeating: 0)
      for group in merged.groups.indices {
        for layer in merged.layers.indices {
          for factor in [merged.inputs(group, layer), merged.outputs(group, layer)] {
            let stride = factor.isDiagonal ? 1 : factor.order + 1
            for i in 0..<factor.order { $0[factor.start + i * stride] = 1 }
          }
        }
      }
      for i in merged.othersStart..<merged.count { $0[i] = 1 }
    }
  }

  /// average = keeping · average + (1 − keeping) · factors.
  func average(into averages: inout Tensor<Double>, keeping: Double) {
    if source.groups.count > 2 { join() }
    let new = source.groups.count > 2 ? joined.pointer : wide.pointer
    averages.withUnsafeMutableBufferPointer {
      guard let average = $0.baseAddress else { return }
      if keeping == 0 {
        average.update(from: new, count: $0.count)
      } else {
        Double.scale(average, by: keeping, count: $0.count)
        Double.axpy(1 - keeping, new, average, count: $0.count)
      }
    }
  }

  /// All groups after the first become one: B = Σ Bₖ, A = Σ tr(Bₖ) Aₖ / Σ tr(Bₖ).
  private func join() {
    joined.pointer.update(repeating: 0, count: merged.count)
    func add(_ from: LayerFactorLayout.Factor, _ to: LayerFactorLayout.Factor, _ weight: Double) {
      Double.axpy(weight, wide.pointer + from.start, joined.pointer + to.start, count: from.count)
    }
    for layer in source.layers.indices {
      add(source.inputs(0, layer), merged.inputs(0, layer), 1)
      add(source.outputs(0, layer), merged.outputs(0, layer), 1)
      var total = 0.0
      for group in 1..<source.groups.count { total += trace(source.outputs(group, layer)) }
      for group in 1..<source.groups.count {
        let outputs = source.outputs(group, layer)
        add(outputs, merged.outputs(1, layer), 1)
        if total > 0 { add(source.inputs(group, layer), merged.inputs(1, layer), trace(outputs) / total) }
      }
    }
    (joined.pointer + merged.othersStart).update(
      from: wide.pointer + source.othersStart, count: source.count - source.othersStart)
  }

  private func trace(_ factor: LayerFactorLayout.Factor) -> Double {
    let stride = factor.isDiagonal ? 1 : factor.order + 1
    var sum = 0.0
    for i in 0..<factor.order { sum += wide.pointer[factor.start + i * stride] }
    return sum
  }

  /// Makes the bases of averaged factors. Returns whether all could be made.
  func prepare(_ averages: Tensor<Double>, damping: Double, into bases: inout Tensor<Double>) -> Bool {
    averages.withUnsafeBufferPointer { averages in
      bases.withUnsafeMutableBufferPointer { bases in
        guard let factors = averages.baseAddress, let out = bases.baseAddress else { return true }
        return sum.prepare(factors, damping: damping, into: out)
      }
    }
  }

  /// Δ, from the gradient that was taken up.
  func makeDirection(_ bases: Tensor<Double>, _ averages: Tensor<Double>, damping: Double) {
    bases.withUnsafeBufferPointer {
      if let bases = $0.baseAddress {
        sum.apply(bases, to: wideGradient.pointer, into: wideDirection.pointer)
      }
    }
    averages.withUnsafeBufferPointer { averages in
      var place = merged.othersStart
      for range in merged.others {
        for i in range {
          wideDirection.pointer[i] = wideGradient.pointer[i] / (averages[place] + damping)
          place += 1
        }
      }
    }
    direction.withUnsafeMutableBufferPointer {
      guard let out = $0.baseAddress else { return }
      Double.scale(wideDirection.pointer, by: -1, count: $0.count)
      Scalar.convert(wideDirection.pointer, to: out, count: $0.count)
    }
  }
}
