import Foundation

/// The versions of what computed a run: other versions may give other last bits.
public struct SoftwareVersions: Codable, Equatable, Sendable {
  /// This library.
  public var ansatz: String
  /// The compiler.
  public var swift: String
  /// FFTW, which transforms.
  public var fftw: String
  /// OpenBLAS, which does dense linear algebra.
  public var openBLAS: String

  /// This library's version.
  public static let library = "0.1.0"

  /// The versions in this process.
  public static let current = SoftwareVersions(
    ansatz: library, swift: compiler, fftw: fftwVersion, openBLAS: openBLASVersion)

  private static var compiler: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }

  // Both libraries state their version as they are loaded; C's arrays of unknown length have no Swift declaration.
  private static var fftwVersion: String {
    guard let symbol = dlsym(nil, "fftw_version") else { return "unknown" }
    let text = String(cString: symbol.assumingMemoryBound(to: CChar.self))
    // "fftw-3.3.10-sse2-avx…": the rest is how it was compiled.
    let parts = text.split(separator: "-")
    return parts.count > 1 ? String(parts[1]) : text
  }

  private static var openBLASVersion: String {
    typealias Configuration = @convention(c) () -> UnsafePointer<CChar>?
    guard let symbol = dlsym(nil, "openblas_get_config"),
      let text = unsafeBitCast(symbol, to: Configuration.self)()
    else { return "unknown" }
    let parts = String(cString: text).split(separator: " ")
    return parts.count > 1 ? String(parts[1]) : "unknown"
  }
}
