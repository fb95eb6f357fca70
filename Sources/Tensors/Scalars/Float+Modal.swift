import CKernels

extension Float {
  @inlinable
  public static func runModalProduct(
    _ pass: ConvolutionPass, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>, batch: Int, inputs: Int, outputs: Int, modes: Int
  ) {
    let (n, i, o, k) = (Int64(batch), Int64(inputs), Int64(outputs), Int64(modes))
    switch pass {
    case .output: ck_modal_outputs_f(result, a, b, n, i, o, k)
    case .input: ck_modal_inputs_f(result, a, b, n, i, o, k)
    case .weights: ck_modal_weights_f(result, a, b, n, i, o, k)
    }
  }
}
