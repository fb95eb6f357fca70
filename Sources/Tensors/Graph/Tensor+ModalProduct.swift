/// Products of complex numbers mode by mode: x of shape [batch, inputs, 2, modes] and weights of shape [inputs, outputs, 2,
/// modes] to [batch, outputs, 2, modes], real parts before imaginary ones. Carried out or recorded.
public func modalProduct<Scalar>(_ x: Tensor<Scalar>, _ weights: Tensor<Scalar>) -> Tensor<Scalar> {
  modalProduct(.output, x, weights)
}

/// The product mode by mode or one of its adjoints: `output` takes x and weights, `input` takes y and weights (whose
/// conjugates it multiplies by) to x, `weights` takes x (whose conjugates it multiplies by) and y to weights.
public func modalProduct<Scalar>(_ pass: ConvolutionPass, _ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<
  Scalar
> {
  let (p, q) = (a.shape, b.shape)
  precondition(
    p.count == 4 && q.count == 4 && p[2] == 2 && q[2] == 2 && p[3] == q[3]
      && (pass == .output ? p[1] == q[0] : pass == .input ? p[1] == q[1] : p[0] == q[0]),
    "a product by modes, \(pass), of shapes \(p) and \(q)")
  let result: [Int]
  switch pass {
  case .output: result = [p[0], q[1], 2, p[3]]
  case .input: result = [p[0], q[0], 2, p[3]]
  case .weights: result = [p[1], q[1], 2, p[3]]
  }
  if let recorder = a.place?.recorder ?? b.place?.recorder {
    return recorder.record(.modalProduct(pass), [a, b], result)
  }
  let (inputs, outputs) = pass == .output ? (p[1], q[1]) : pass == .input ? (q[0], q[1]) : (p[1], q[1])
  return Tensor(shape: result) { out in
    guard let out = out.baseAddress else { return }
    if pass == .weights { out.clear(count: result.reduce(1, *)) }
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return }
        Scalar.runModalProduct(
          pass, a, b, into: out, batch: p[0], inputs: inputs, outputs: outputs, modes: p[3])
      }
    }
  }
}
