import Algebra
import Tensors

/// The scalars of parameters: each conformance forwards to the fused updates of its precision (see `ck_optimizers.h`).
public protocol OptimizerScalar: SparseScalar, ComplexMatrixScalar, RuleScalar {
  /// Stochastic gradient descent with momentum; `buffer` is nil for none.
  static func updateSGD(
    _ x: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, buffer: UnsafeMutablePointer<Self>?,
    rate: Double,
    momentum: Double, isNesterov: Bool, count: Int)
  /// Adam; `largest` is nil without AMSGrad.
  static func updateAdam(
    _ x: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, _ m: UnsafeMutablePointer<Self>,
    _ v: UnsafeMutablePointer<Self>, largest: UnsafeMutablePointer<Self>?, isComplex: Bool,
    _ coefficients: AdamCoefficients, count: Int)
  /// Schedule-free SGD, or AdamW where `v` is not nil.
  static func updateScheduleFree(
    _ y: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, _ z: UnsafeMutablePointer<Self>,
    average: UnsafeMutablePointer<Self>, v: UnsafeMutablePointer<Self>?, isComplex: Bool,
    _ coefficients: ScheduleFreeCoefficients, count: Int)
  /// average += weight (x − average)
  static func average(
    _ average: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, weight: Double, count: Int)
  /// g limited to [−bound, bound].
  static func clip(_ g: UnsafeMutablePointer<Self>, bound: Double, count: Int)
  /// out = x + step · p, rounded once.
  static func move(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ p: UnsafePointer<Double>, step: Double,
    count: Int)
  /// Rows of a row-major matrix become columns of doubles: element (i, j) goes to out[i + j · leading].
  static func transpose(
    _ out: UnsafeMutablePointer<Double>, leading: Int, _ x: UnsafePointer<Self>, columns: Int,
    rows: Range<Int>)
  /// a += r x and b += x² in doubles, for one row x of a matrix.
  static func addProducts(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Self>,
    _ r: Double,
    count: Int)
  /// Copies a matrix out of a larger array (see `ck_gather_matrix_d`).
  static func gatherMatrix(
    _ out: UnsafeMutablePointer<Self>, wide: UnsafeMutablePointer<Double>?, _ x: UnsafePointer<Self>,
    rows: Int, columns: Int, rowStride: Int, columnStride: Int, width: Int)
  /// x = keep (x − step d) for a matrix in a larger array (see `ck_scatter_step_d`).
  static func scatterStep(
    _ x: UnsafeMutablePointer<Self>, _ d: UnsafePointer<Self>, keep: Double, step: Double, rows: Int,
    columns: Int, rowStride: Int, columnStride: Int, width: Int)
  /// Row i of `out` is row places[i] of x.
  static func gatherRows(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ places: UnsafePointer<Int32>, rows: Int,
    columns: Int)
  /// Column j of `out` is column places[j] of x, for elements of `width` numbers.
  static func gatherColumns(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ places: UnsafePointer<Int32>, rows: Int,
    columns: Int, width: Int)
  /// m = momentum m + (1 − momentum) g; g = (1 − momentum) g + momentum m.
  static func nesterovMean(
    _ g: UnsafeMutablePointer<Self>, _ m: UnsafeMutablePointer<Self>, momentum: Double, count: Int)
  /// Mirrors rows of a Hermitian matrix at its diagonal (see `ck_mirror_d`).
  static func mirror(_ a: UnsafeMutablePointer<Self>, order: Int, rows: Range<Int>, isComplex: Bool)
  /// out = scale (β₃ m + (1 − β₃) g); then m = β₁ m + (1 − β₁) g.
  static func filter(
    _ out: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, _ m: UnsafeMutablePointer<Self>,
    beta1: Double, beta3: Double, scale: Double, count: Int)
  /// v = keep v + weight |g|²; out = x / (root √v + ε).
  static func divideByRoot(
    _ out: UnsafeMutablePointer<Self>, _ x: UnsafePointer<Self>, _ g: UnsafePointer<Self>,
    _ v: UnsafeMutablePointer<Self>, keep: Double, weight: Double, root: Double, epsilon: Double,
    isComplex: Bool, count: Int)
  /// The direction of Adam's step, of which d may be g (see `ck_adam_direction_d`).
  static func adamDirection(
    _ d: UnsafeMutablePointer<Self>, _ g: UnsafePointer<Self>, _ m: UnsafeMutablePointer<Self>,
    _ v: UnsafeMutablePointer<Self>, isComplex: Bool, _ coefficients: AdamCoefficients, count: Int)
  /// s = b − a in doubles.
  static func difference(
    _ s: UnsafeMutablePointer<Double>, _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, count: Int)
}

/// The numbers of one step of Adam.
public struct AdamCoefficients: Sendable {
  /// The rate over the bias correction of the mean.
  public var step: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  /// One over the square root of the bias correction of the mean square.
  public var rootCorrection: Double
  /// What remains of the parameters after decoupled decay.
  public var keep: Double
}

/// The numbers of one step of a schedule-free method.
public struct ScheduleFreeCoefficients: Sendable {
  public var rate: Double
  /// The part of the average in the point where gradients are taken.
  public var beta: Double
  public var beta2: Double
  public var epsilon: Double
  /// One over the square root of the bias correction of the mean square.
  public var rootCorrection: Double
  public var decay: Double
  /// The weight of the newest iterate in the average.
  public var weight: Double
}
