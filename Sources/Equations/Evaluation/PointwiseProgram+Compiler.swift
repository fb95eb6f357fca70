import CKernels

/// Turns formulas into instructions over virtual values, then packs the values into few registers.
struct Compiler {
  /// An operation whose operands are values: inputs come first, then one value per operation.
  private struct Operation {
    var code: ck_operation
    var a = 0
    var b = 0
    var c = 0
    var operands: Int
    var constant = 0.0
    /// The output that the result is written to, besides serving later operations.
    var output: Int?
  }

  private let inputs: [Node]
  private let outputCount: Int
  private var operations: [Operation] = []
  private var known: [Node: Int] = [:]
  private var timeOperation: Int?

  init(inputs: [Node], outputCount: Int) {
    self.inputs = inputs
    self.outputCount = outputCount
    for (i, node) in inputs.enumerated() { known[node] = i }
  }

  mutating func emit(_ node: Node, intoOutput output: Int) throws {
    let value = try self.value(of: node)
    // An output needs an operation of its own when its value is an input or already goes to another output.
    if value < inputs.count || operations[value - inputs.count].output != nil {
      _ = add(Operation(code: CK_OP_COPY, a: value, operands: 1, output: output))
    } else {
      operations[value - inputs.count].output = output
    }
  }

  private mutating func add(_ operation: Operation) -> Int {
    operations.append(operation)
    return inputs.count + operations.count - 1
  }

  private mutating func value(of node: Node) throws -> Int {
    if let value = known[node] { return value }
    let value = try compile(node)
    known[node] = value
    return value
  }

  private mutating func unary(_ code: ck_operation, _ a: Int, constant: Double = 0) -> Int {
    add(Operation(code: code, a: a, operands: 1, constant: constant))
  }

  private mutating func binary(_ code: ck_operation, _ a: Int, _ b: Int) -> Int {
    add(Operation(code: code, a: a, b: b, operands: 2))
  }

  private mutating func compile(_ node: Node) throws -> Int {
    switch node {
    case .constant(let c): return add(Operation(code: CK_OP_CONST, operands: 0, constant: c))
    case .time:
      timeOperation = operations.count
      return add(Operation(code: CK_OP_CONST, operands: 0))
    case .sum(let terms): return try compileSum(terms)
    case .product(let factors): return try compileProduct(factors)
    case .power(let base, .constant(let n)): return try compilePower(base, n)
    case .power(let base, let exponent):
      let (a, b) = (try value(of: base), try value(of: exponent))
      return binary(CK_OP_POW, a, b)
    case .function(let function, let a):
      let argument = try value(of: a)
      return unary(function.operation, argument)
    case .binary(let function, let a, let b):
      let (x, y) = (try value(of: a), try value(of: b))
      switch function {
      case .min: return binary(CK_OP_MIN, x, y)
      case .max: return binary(CK_OP_MAX, x, y)
      case .less: return binary(CK_OP_LESS, x, y)
      }
    default:
      throw EquationError("'\(node.written(.text))' cannot be evaluated point by point here")
    }
  }

  /// Terms are added one by one; a product's last multiplication fuses with the addition.
  private mutating func compileSum(_ terms: [Node]) throws -> Int {
    var constant = 0.0
    var sum: Int?
    for term in terms {
      if case .constant(let c) = term {
        constant += c
      } else if let partial = sum {
        sum = try add(term, to: partial)
      } else {
        sum = try value(of: term)
      }
    }
    guard let sum else { return add(Operation(code: CK_OP_CONST, operands: 0, constant: constant)) }
    return constant == 0 ? sum : unary(CK_OP_ADDC, sum, constant: constant)
  }

  private mutating func add(_ term: Node, to sum: Int) throws -> Int {
    guard known[term] == nil, case .product(let factors) = term else {
      return binary(CK_OP_ADD, sum, try value(of: term))
    }
    if case .constant(let c)? = factors.first {
      let rest = Node.product(of: Array(factors.dropFirst()))
      if c == -1, known[rest] == nil, case .product(let inner) = rest {
        let (a, b) = try halves(inner)
        return add(Operation(code: CK_OP_FNMA, a: a, b: b, c: sum, operands: 3))
      }
      let a = try value(of: rest)
      if c == -1 { return binary(CK_OP_SUB, sum, a) }
      return add(Operation(code: CK_OP_FMAC, a: a, b: sum, operands: 2, constant: c))
    }
    let (a, b) = try halves(factors)
    return add(Operation(code: CK_OP_FMA, a: a, b: b, c: sum, operands: 3))
  }

  private mutating func halves(_ factors: [Node]) throws -> (Int, Int) {
    let first = try value(of: .product(of: Array(factors.dropLast())))
    return (first, try value(of: factors[factors.count - 1]))
  }

  private mutating func compileProduct(_ factors: [Node]) throws -> Int {
    if case .constant(let c)? = factors.first {
      let rest = try value(of: .product(of: Array(factors.dropFirst())))
      return c == -1 ? unary(CK_OP_NEG, rest) : unary(CK_OP_MULC, rest, constant: c)
    }
    // Divisors last, so that x/y is one division; those that are given as arrays are multiplied.
    let known = known
    let isDivisor = { (factor: Node) in factor.isReciprocal && known[factor] == nil }
    let above = factors.filter { !isDivisor($0) }
    let below = factors.filter(isDivisor)
    guard !above.isEmpty else {
      return unary(CK_OP_RDIVC, try value(of: .product(of: below.map { $0.reciprocal })), constant: 1)
    }
    var result = try value(of: above[0])
    for factor in above.dropFirst() { result = binary(CK_OP_MUL, result, try value(of: factor)) }
    if !below.isEmpty {
      let divisor = try value(of: .product(of: below.map { $0.reciprocal }))
      result = binary(CK_OP_DIV, result, divisor)
    }
    return result
  }

  private mutating func compilePower(_ base: Node, _ n: Double) throws -> Int {
    if n < 0 {
      return unary(CK_OP_RDIVC, try value(of: .raise(base, .constant(-n))), constant: 1)
    }
    let a = try value(of: base)
    switch n {
    case 0.5: return unary(CK_OP_SQRT, a)
    case 2: return unary(CK_OP_SQUARE, a)
    case 3: return unary(CK_OP_CUBE, a)
    case n.rounded() where n <= 64: return unary(CK_OP_POWI, a, constant: n)
    default: return unary(CK_OP_POWC, a, constant: n)
    }
  }

  /// The instructions with values packed into registers by their last use.
  func allocated() -> (instructions: [ck_instruction], registers: Int, timeInstruction: Int?) {
    var lastUse: [Int: Int] = [:]
    for (i, operation) in operations.enumerated() {
      for operand in [operation.a, operation.b, operation.c].prefix(operation.operands) {
        lastUse[operand] = i
      }
    }
    let firstRegister = inputs.count + outputCount
    var slot = Array(repeating: 0, count: inputs.count + operations.count)
    for i in inputs.indices { slot[i] = i }
    var free: [Int] = []
    var registers = 0
    var result: [ck_instruction] = []
    for (i, operation) in operations.enumerated() {
      let operands = [operation.a, operation.b, operation.c].prefix(operation.operands)
      let sources = operands.map { slot[$0] }
      // Operands that end here give their registers back first: results may overwrite them.
      for operand in Set(operands).sorted()
      where lastUse[operand] == i && slot[operand] >= firstRegister { free.append(slot[operand]) }
      let destination: Int
      if let output = operation.output {
        destination = inputs.count + output
      } else if let register = free.popLast() {
        destination = register
      } else {
        destination = firstRegister + registers
        registers += 1
      }
      slot[inputs.count + i] = destination
      result.append(
        ck_instruction(
          op: UInt16(operation.code.rawValue), dst: UInt16(destination), a: UInt16(sources.first ?? 0),
          b: UInt16(sources.count > 1 ? sources[1] : 0), c: UInt16(sources.count > 2 ? sources[2] : 0),
          constant: operation.constant))
    }
    return (result, registers, timeOperation)
  }
}

extension Node {
  fileprivate var isReciprocal: Bool {
    if case .power(_, .constant(let n)) = self { return n < 0 }
    return false
  }

  fileprivate var reciprocal: Node {
    if case .power(let base, .constant(let n)) = self { return .raise(base, .constant(-n)) }
    return self
  }
}

extension Function {
  fileprivate var operation: ck_operation {
    switch self {
    case .exp: CK_OP_EXP
    case .log: CK_OP_LOG
    case .sin: CK_OP_SIN
    case .cos: CK_OP_COS
    case .tan: CK_OP_TAN
    case .asin: CK_OP_ASIN
    case .acos: CK_OP_ACOS
    case .atan: CK_OP_ATAN
    case .sinh: CK_OP_SINH
    case .cosh: CK_OP_COSH
    case .tanh: CK_OP_TANH
    case .erf: CK_OP_ERF
    case .abs: CK_OP_ABS
    case .sign: CK_OP_SIGN
    case .step: CK_OP_STEP
    }
  }
}
