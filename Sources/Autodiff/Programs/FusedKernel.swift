import CKernels
import Tensors

/// Elementwise operations on values of one shape, compiled to one pass over memory: intermediate values stay in
/// registers of the first-level cache.
struct FusedKernel {
  /// How an operand is read.
  struct Access: Hashable {
    /// Its value in the graph.
    let value: Int
    /// Element i is source[(i / each) mod period]; nil where it is read element by element.
    let repetition: Repetition?
  }

  /// See `ck_access`.
  struct Repetition: Hashable {
    var each: Int
    var period: Int
  }

  /// Values read element by element, in the order of their slots.
  private(set) var inputs: [Int] = []
  /// Values that are repeated.
  private(set) var repeated: [Access] = []
  /// Values written, in the order of their slots.
  private(set) var outputs: [Int] = []
  private(set) var instructions: [ck_instruction] = []
  private(set) var registerCount = 0
  /// Elements per pass of the registers.
  private(set) var block = 0
  /// Floating-point operations per element.
  var operationCount: Int { instructions.count { $0.op != UInt16(CK_OP_COPY.rawValue) } }

  var slotCount: Int { inputs.count + outputs.count + repeated.count + registerCount }
  /// Scratch registers: those of repeated operands first.
  var scratchCount: Int { repeated.count + registerCount }

  /// Compiles the operations that give `outputs`.
  ///
  /// - Parameters:
  ///   - members: The operations' values in the graph, operands first.
  ///   - outputs: The members whose values are kept.
  ///   - nodes: The graph.
  ///   - number: The number that a value is, where it is one.
  ///   - access: How a value that is no member, or a repeated one, is read.
  init<Scalar>(
    members: [Int], outputs: [Int], nodes: [Recorder<Scalar>.Node], number: (Int) -> Double?,
    access: (Int) -> Access
  ) {
    var builder = FusedKernelBuilder()
    var known: [Int: Int] = [:]
    var leaves: [Access: Int] = [:]
    func operand(_ index: Int) -> Int {
      if let value = known[index] { return value }
      if let number = number(index) {
        known[index] = builder.constant(number)
        return known[index]!
      }
      let access = access(index)
      if let leaf = leaves[access] { return leaf }
      leaves[access] = builder.leaf(access)
      return leaves[access]!
    }
    for member in members {
      let node = nodes[member]
      switch node.primitive {
      case .unary(let f): known[member] = builder.unary(f, operand(node.operands[0]))
      case .binary(let f):
        let (a, b) = (operand(node.operands[0]), operand(node.operands[1]))
        known[member] = builder.binary(f.code, a, b)
      case .select:
        let parts = node.operands.map(operand)
        known[member] = builder.add(CK_OP_SELECT, parts)
      default:
        // A value that is only repeated.
        known[member] = builder.add(CK_OP_COPY, [operand(member)])
      }
    }
    self.outputs = outputs
    let code = builder.compiled(outputs: outputs.map { known[$0]! })
    inputs = code.inputs
    repeated = code.repeated
    instructions = code.instructions
    registerCount = code.registerCount
    block = Self.blockLength(for: repeated.compactMap(\.repetition), bytes: MemoryLayout<Scalar>.stride)
  }

  /// A block of about 2 KiB that periods divide or are divided by, so that repeated operands are spread rarely.
  private static func blockLength(for repetitions: [Repetition], bytes: Int) -> Int {
    let most = 2048 / bytes
    let lengths = repetitions.map { $0.each * $0.period }.filter { $0 > 1 }
    func fits(_ block: Int) -> Bool { lengths.allSatisfy { block % $0 == 0 || $0 % block == 0 } }
    return (most / 2...most).reversed().first(where: fits) ?? most
  }
}

/// The operations of a fused kernel on virtual values.
struct FusedKernelBuilder {
  private struct Value {
    var code: ck_operation
    var operands: [Int]
    var constant = 0.0
    var leaf: FusedKernel.Access?
  }

  private var values: [Value] = []
  private var constants: [Double: Int] = [:]

  mutating func add(_ code: ck_operation, _ operands: [Int], constant: Double = 0) -> Int {
    values.append(Value(code: code, operands: operands, constant: constant))
    return values.count - 1
  }

  mutating func leaf(_ access: FusedKernel.Access) -> Int {
    values.append(Value(code: CK_OP_COPY, operands: [], leaf: access))
    return values.count - 1
  }

  mutating func constant(_ number: Double) -> Int {
    if let known = constants[number] { return known }
    constants[number] = add(CK_OP_CONST, [], constant: number)
    return constants[number]!
  }

  mutating func unary(_ f: ElementwiseUnary, _ a: Int) -> Int {
    let (code, constant) = f.instruction
    return add(code, [a], constant: constant)
  }

  mutating func binary(_ code: ck_operation, _ a: Int, _ b: Int) -> Int { add(code, [a, b]) }

  // MARK: - Fusion of products and sums

  /// Joins products into the sums that alone use them.
  private mutating func contract(_ outputs: [Int]) {
    var uses = [Int](repeating: 0, count: values.count)
    for value in values { for operand in value.operands { uses[operand] += 1 } }
    for output in outputs { uses[output] += 1 }
    /// The factors of a product, square or multiple that nobody else needs.
    func product(_ index: Int) -> (code: ck_operation, operands: [Int], constant: Double)? {
      let value = values[index]
      guard uses[index] == 1, value.leaf == nil else { return nil }
      switch value.code {
      case CK_OP_MUL: return (CK_OP_MUL, value.operands, 0)
      case CK_OP_SQUARE: return (CK_OP_MUL, [value.operands[0], value.operands[0]], 0)
      case CK_OP_MULC: return (CK_OP_MULC, value.operands, value.constant)
      default: return nil
      }
    }
    for index in values.indices where values[index].leaf == nil {
      let value = values[index]
      switch value.code {
      case CK_OP_ADD:
        let (a, b) = (value.operands[0], value.operands[1])
        guard a != b else { continue }
        for (factor, other) in [(b, a), (a, b)] {
          guard let p = product(factor) else { continue }
          values[index].code = p.code == CK_OP_MUL ? CK_OP_FMA : CK_OP_FMAC
          values[index].operands = p.operands + [other]
          values[index].constant = p.constant
          break
        }
      case CK_OP_SUB:
        let (a, b) = (value.operands[0], value.operands[1])
        guard a != b else { continue }
        if let p = product(b) {
          values[index].code = p.code == CK_OP_MUL ? CK_OP_FNMA : CK_OP_FMAC
          values[index].operands = p.operands + [a]
          values[index].constant = -p.constant
        } else if let p = product(a), p.code == CK_OP_MUL {
          values[index].code = CK_OP_FMS
          values[index].operands = p.operands + [b]
        }
      case CK_OP_ADDC:
        let inner = value.operands[0]
        if uses[inner] == 1, values[inner].leaf == nil, values[inner].code == CK_OP_NEG {
          values[index].code = CK_OP_RSUBC
          values[index].operands = values[inner].operands
        }
      default: break
      }
    }
  }

  // MARK: - Registers

  struct Code {
    var inputs: [Int] = []
    var repeated: [FusedKernel.Access] = []
    var instructions: [ck_instruction] = []
    var registerCount = 0
  }

  /// Packs values into registers by their last use.
  mutating func compiled(outputs: [Int]) -> Code {
    contract(outputs)
    var code = Code()
    var live = [Bool](repeating: false, count: values.count)
    for output in outputs { live[output] = true }
    for index in values.indices.reversed() where live[index] {
      for operand in values[index].operands { live[operand] = true }
    }
    var slot = [Int](repeating: -1, count: values.count)
    let leaves = values.indices.filter { live[$0] && values[$0].leaf != nil }
    for leaf in leaves where values[leaf].leaf!.repetition == nil {
      slot[leaf] = code.inputs.count
      code.inputs.append(values[leaf].leaf!.value)
    }
    let firstRepeated = code.inputs.count + outputs.count
    for leaf in leaves where values[leaf].leaf!.repetition != nil {
      slot[leaf] = firstRepeated + code.repeated.count
      code.repeated.append(values[leaf].leaf!)
    }
    let firstRegister = firstRepeated + code.repeated.count
    var lastUse = [Int](repeating: -1, count: values.count)
    for index in values.indices where live[index] {
      for operand in values[index].operands { lastUse[operand] = index }
    }
    var outputSlot: [Int: Int] = [:]
    var copies: [(Int, Int)] = []
    for (i, output) in outputs.enumerated() {
      if outputSlot[output] == nil, values[output].leaf == nil {
        outputSlot[output] = code.inputs.count + i
      } else {
        copies.append((output, code.inputs.count + i))
      }
    }
    var free: [Int] = []
    for index in values.indices where live[index] && values[index].leaf == nil {
      let value = values[index]
      for operand in Set(value.operands).sorted()
      where lastUse[operand] == index && slot[operand] >= firstRegister { free.append(slot[operand]) }
      if let output = outputSlot[index] {
        slot[index] = output
      } else if let register = free.popLast() {
        slot[index] = register
      } else {
        slot[index] = firstRegister + code.registerCount
        code.registerCount += 1
      }
      code.instructions.append(
        instruction(value.code, slot[index], value.operands.map { slot[$0] }, value.constant))
    }
    for (output, target) in copies {
      code.instructions.append(instruction(CK_OP_COPY, target, [slot[output]], 0))
    }
    return code
  }

  private func instruction(_ code: ck_operation, _ dst: Int, _ operands: [Int], _ constant: Double)
    -> ck_instruction
  {
    let operand = { (i: Int) in UInt16(i < operands.count ? operands[i] : operands.first ?? dst) }
    return ck_instruction(
      op: UInt16(code.rawValue), dst: UInt16(dst), a: operand(0), b: operand(1), c: operand(2),
      constant: constant)
  }
}
