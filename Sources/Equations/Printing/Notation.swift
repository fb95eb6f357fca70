/// How a tree is written: as plain text with Unicode signs, or as LaTeX.
enum Notation {
  case text, latex
}

/// A number in the fewest digits that give it back, without a trailing ".0"; whole multiples of π by their sign.
func shortNumber(_ value: Double, _ notation: Notation = .text) -> String {
  if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
  let turns = (value / .pi).rounded()
  if turns * .pi == value, (1...1000).contains(abs(turns)) {
    let factor = turns == 1 ? "" : turns == -1 ? "-" : String(Int(turns))
    return factor + (notation == .latex ? "\\pi" : "π")
  }
  return String(value)
}

extension RandomField {
  public var label: String {
    switch self {
    case .gaussian: "GaussianField"
    case .spectrum: "RandomSpectrum"
    case .noise: "Noise"
    case .fourierSeries: "RandomFourierSeries"
    }
  }
}

func parenthesised(_ text: String, _ notation: Notation) -> String {
  notation == .latex ? "\\left(\(text)\\right)" : "(\(text))"
}

private let greek: [String: (sign: String, latex: String)] = [
  "alpha": ("α", "\\alpha"), "beta": ("β", "\\beta"), "gamma": ("γ", "\\gamma"), "delta": ("δ", "\\delta"),
  "epsilon": ("ε", "\\varepsilon"), "viscosity": ("ν", "\\nu"), "nu": ("ν", "\\nu"),
  "kappa": ("κ", "\\kappa"),
  "lambda": ("λ", "\\lambda"), "mu": ("μ", "\\mu"), "omega": ("ω", "\\omega"), "phi": ("φ", "\\varphi"),
  "psi": ("ψ", "\\psi"), "rho": ("ρ", "\\rho"), "sigma": ("σ", "\\sigma"), "tau": ("τ", "\\tau"),
  "theta": ("θ", "\\theta"), "xi": ("ξ", "\\xi"), "eta": ("η", "\\eta"), "zeta": ("ζ", "\\zeta"),
  "diffusivity": ("κ", "\\kappa"), "vorticity": ("ω", "\\omega"),
]

/// "psi1" → "ψ1"; a name that is no Greek letter stays.
func symbolName(_ name: String) -> String {
  let stem = String(name.prefix { !$0.isNumber })
  guard let entry = greek[stem] else { return name }
  return entry.sign + name.dropFirst(stem.count)
}

func latexName(_ name: String) -> String {
  let stem = String(name.prefix { !$0.isNumber })
  let digits = String(name.dropFirst(stem.count))
  let base = greek[stem]?.latex ?? (stem.count == 1 ? stem : "\\mathrm{\(stem.replacing("_", with: "\\_"))}")
  return digits.isEmpty ? base : "\(base)_{\(digits)}"
}

extension Function {
  var latex: String {
    switch self {
    case .erf, .sign, .step, .abs: "\\operatorname{\(rawValue)}"
    case .asin: "\\arcsin"
    case .acos: "\\arccos"
    case .atan: "\\arctan"
    default: "\\\(rawValue)"
    }
  }
}
