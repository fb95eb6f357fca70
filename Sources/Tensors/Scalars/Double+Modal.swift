import CKernels

extension Double {
  @inlinable
  public static func runModalProduct(
    _ pass: ConvolutionPass, _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>,
    into result: UnsafeMutablePointer<Double>, batch: Int, inputs: Int, outputs: Int, modes: Int
  ) {
    let (n, i, o, k) = (Int64(batch), Int64(inputs), Int64(outputs), Int64(modes))
    switch pass {
    case .output: ck_modal_outputs_d(result, a, b, n, i, o, k)
    case .input: ck_modal_inputs_d(result, a, b, n, i, o, k)
    case .weights: ck_modal_weights_d(result, a, b, n, i, o, k)
    }
  }
}
