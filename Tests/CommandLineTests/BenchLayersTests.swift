import Foundation
import Testing

/// `ansatz bench engine --layers`: training steps of layers from text.
@Suite("Benchmark of layers from text")
struct BenchLayersTests {
  private struct Record: Decodable {
    var name: String
    var figures: [String: Double]
  }

  @Test(
    "every kind of layer is timed in both precisions",
    arguments: [
      "mlp 5-9-3, silu, batch 40", "convolution 2-3, kernel 3, extents 12, circular, sin, batch 4",
      "convolution 2-3-2, kernel 3x5, extents 8x9, reflect, gelu, batch 3",
      "attention 12, heads 3, tokens 7, batch 5",
    ])
  func kinds(text: String) throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let outcome = try runner.run("bench", "engine", "--quick", "--layers", text, "--json", "figures.json")
    #expect(outcome.code == 0, "\(outcome.error)")
    let records = try JSONDecoder().decode(
      [Record].self, from: Data(contentsOf: runner.folder.appendingPathComponent("figures.json")))
    #expect(records.map(\.name) == ["\(text), f32", "\(text), f64"])
    #expect(records.allSatisfy { ($0.figures["ms per step, median"] ?? 0) > 0 })
  }

  @Test(
    "text that is no layer is refused with what to write",
    arguments: [
      ("mlp 5, tanh, batch 3", "widths of input and output"), ("mlp 5-3, tanh", "needs 'batch'"),
      ("mlp 5-a, batch 3", "'5-a'"), ("mlp 5-3, tunh, batch 3", "'tunh'"),
      ("attention 10, heads 3, tokens 4, batch 2", "cannot divide"), ("rnn 5, batch 2", "no kind of layer"),
      ("convolution 2-3, kernel 4, extents 12, batch 4", "odd"),
      ("convolution 2-3, kernel 3x3, extents 12, batch 4", "'extents'"),
      ("convolution 2-3, kernel 9, extents 4, batch 4", "too long"),
    ])
  func refusals(text: String, part: String) throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let outcome = try runner.run("bench", "engine", "--layers", text)
    #expect(outcome.code == 2 && outcome.output.isEmpty)
    #expect(
      outcome.error.contains(part) && outcome.error.contains("--layers")
        && outcome.error.contains("write mlp 100-300-50"), "\(outcome.error)")
  }
}
