import Tensors

extension GaussianRandomField {
  /// The sum over Fourier modes, by a transform of half spectra.
  ///
  /// The pair of eigenfunctions of ±k with normal ξ, η is the mode c e^{iκx} and its conjugate, c = d (ξ - iη)/√(2V),
  /// with the deviation d and the volume V of the box.
  func periodicSample(_ stream: RandomStream) -> Tensor<Double> {
    let last = shape.count - 1
    let axes = shape.indices.map {
      Wavenumbers(count: shape[$0], length: lengths[$0], half: $0 == last)
    }
    let (integers, values) = (axes.map(\.integers), axes.map(\.values))
    let modes = axes.map(\.modeCount)
    let volume = lengths.reduce(1, *)
    let spectrum = Buffer<Double>(uninitialized: 2 * modes.reduce(1, *))
    forEachIndex(of: modes) { position, index in
      var k = index.indices.map { integers[$0][index[$0]] }
      var (re, im) = (0.0, 0.0)
      if !index.indices.contains(where: { axes[$0].isNyquist(k[$0]) && axes[$0].count > 1 }) {
        let squared = index.indices.reduce(0.0) { $0 + values[$1][index[$1]] * values[$1][index[$1]] }
        // Of k and -k, the one whose last wavenumber other than 0 is positive carries the random numbers.
        let isMirrored = (k.last { $0 != 0 } ?? 0) < 0
        if isMirrored { k = k.map { -$0 } }
        let (number, scale) = (number(of: k), deviation(squared))
        let isConstant = k.allSatisfy { $0 == 0 }
        let factor = scale / (isConstant ? volume : 2 * volume).squareRoot()
        re = factor * stream.normal(at: 2 * number)
        im = isConstant ? 0 : factor * stream.normal(at: 2 * number + 1) * (isMirrored ? 1 : -1)
      }
      spectrum.pointer[2 * position] = re
      spectrum.pointer[2 * position + 1] = im
    }
    let plan = FFTPlan<Double>(.complexToReal, shape: shape)
    return Tensor(shape: shape) { plan.execute(spectrum.pointer, $0.baseAddress!) }
  }
}
