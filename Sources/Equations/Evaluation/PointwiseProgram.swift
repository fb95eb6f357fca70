import CKernels
import Tensors

/// Pointwise formulas compiled to straight-line code over blocks of points that stay in the first-level cache.
///
/// Inputs are arrays for chosen nodes (jets, coordinates, precomputed coefficients), outputs one array per formula.
/// Equal subexpressions are computed once. Time is a number that is set before a pass. The code is read-only while it
/// runs, so any number of threads may run it, each with a ``Frame`` of its own.
public final class PointwiseProgram: @unchecked Sendable {
  // Unchecked: `instructions` changes only in `setTime`, which callers keep apart from `run`.

  /// The nodes that the inputs stand for, in the order in which they are passed.
  public let inputs: [Node]
  public let outputCount: Int
  private let instructions: Buffer<ck_instruction>
  private let timeInstruction: Int?
  private let registerCount: Int

  /// Compiles formulas.
  ///
  /// - Parameters:
  ///   - outputs: Lowered formulas; every leaf that is not a number or time must be among `inputs`.
  ///   - inputs: The nodes that are given as arrays; they may be whole subexpressions.
  /// - Throws: ``EquationError`` when a formula has a leaf that is not given.
  public init(_ outputs: [Node], inputs: [Node]) throws {
    var compiler = Compiler(inputs: inputs, outputCount: outputs.count)
    for (i, output) in outputs.enumerated() { try compiler.emit(output, intoOutput: i) }
    let code = compiler.allocated()
    self.inputs = inputs
    outputCount = outputs.count
    registerCount = code.registers
    timeInstruction = code.timeInstruction
    instructions = Buffer(count: max(code.instructions.count, 1))
    for (i, instruction) in code.instructions.enumerated() { instructions.pointer[i] = instruction }
    instructionCount = code.instructions.count
  }

  /// How many operations the code performs per point.
  public let instructionCount: Int

  /// Sets the value of t for the following passes. Must not run at the same time as a pass.
  public func setTime(_ time: Double) {
    if let timeInstruction { instructions.pointer[timeInstruction].constant = time }
  }

  /// The operand table and scratch of one thread.
  public final class Frame: @unchecked Sendable {
    // Unchecked: a frame belongs to one worker at a time.
    let slots: Buffer<UnsafeMutablePointer<Double>?>
    let strides: Buffer<Int64>
    let registers: Buffer<Double>

    /// A frame for `program`.
    public init(for program: PointwiseProgram) {
      let arrays = program.inputs.count + program.outputCount
      let count = arrays + program.registerCount
      slots = Buffer(count: max(count, 1))
      strides = Buffer(count: max(count, 1))
      registers = Buffer(count: max(program.registerCount, 1) * Int(CK_BLOCK))
      for i in 0..<arrays { strides.pointer[i] = 1 }
      for i in 0..<program.registerCount {
        slots.pointer[arrays + i] = registers.pointer + i * Int(CK_BLOCK)
        strides.pointer[arrays + i] = 0
      }
    }

    /// Sets the array of input number `index` (in the program's order).
    public func setInput(_ index: Int, _ pointer: UnsafeMutablePointer<Double>) {
      slots.pointer[index] = pointer
    }
    /// Sets the array that output number `index` is written to.
    public func setOutput(_ index: Int, of program: PointwiseProgram, _ pointer: UnsafeMutablePointer<Double>)
    {
      slots.pointer[program.inputs.count + index] = pointer
    }
  }

  /// The program on a frame as plain data: what inner loops call, without counting references.
  ///
  /// Valid as long as the program and the frame live.
  public struct Pass: BitwiseCopyable, @unchecked Sendable {
    let instructions: UnsafePointer<ck_instruction>
    let instructionCount: Int64
    let slots: UnsafeMutablePointer<UnsafeMutablePointer<Double>?>
    let strides: UnsafePointer<Int64>
    let slotCount: Int64

    /// Sets the array of input number `index`.
    @inline(__always)
    public func setInput(_ index: Int, _ pointer: UnsafeMutablePointer<Double>) { slots[index] = pointer }

    /// Evaluates the formulas at `count` points on the arrays that the frame names.
    public func run(count: Int) {
      ck_pointwise_d(instructions, instructionCount, slots, strides, slotCount, Int64(count))
    }
  }

  /// The program on the arrays of a frame.
  public func pass(on frame: Frame) -> Pass {
    Pass(
      instructions: instructions.pointer, instructionCount: Int64(instructionCount),
      slots: frame.slots.pointer,
      strides: frame.strides.pointer, slotCount: Int64(frame.slots.count))
  }

  /// Evaluates the formulas at given arrays of points, for set-up and output.
  ///
  /// - Parameters:
  ///   - arrays: One array per input, all of the same length.
  ///   - count: That length (for programs without inputs).
  ///   - time: The value of t.
  /// - Returns: One array per output.
  public func values(_ arrays: [[Double]], count: Int, time: Double) -> [[Double]] {
    precondition(arrays.count == inputs.count, "\(arrays.count) arrays for \(inputs.count) inputs")
    precondition(
      arrays.allSatisfy { $0.count == count }, "arrays of \(arrays.map(\.count)) points instead of \(count)")
    setTime(time)
    let frame = Frame(for: self)
    let copies = arrays.map { array in
      let buffer = Buffer<Double>(count: max(count, 1))
      for (i, value) in array.enumerated() { buffer.pointer[i] = value }
      return buffer
    }
    let results = (0..<outputCount).map { _ in Buffer<Double>(count: max(count, 1)) }
    for (i, buffer) in copies.enumerated() { frame.setInput(i, buffer.pointer) }
    for (i, buffer) in results.enumerated() { frame.setOutput(i, of: self, buffer.pointer) }
    withExtendedLifetime((copies, frame)) { pass(on: frame).run(count: count) }
    return results.map { Array(UnsafeBufferPointer(start: $0.pointer, count: count)) }
  }
}
