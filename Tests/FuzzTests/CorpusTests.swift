internal import Foundation
internal import FuzzTargets
internal import Testing

/// What the fuzzers try, without a fuzzer.
@Suite struct CorpusTests {
  /// A fault traps: the input is the last that the log names.
  @Test(arguments: Corpus.inputs)
  func holds(_ input: Corpus.Input) throws {
    let bytes = try input.bytes()
    input.target.run(bytes.span)
  }

  @Test(arguments: FuzzTarget.allCases)
  func holdsForAlmostNothing(_ target: FuzzTarget) {
    let almostNothing = [[]] + (UInt8.min...UInt8.max).map { [$0] }
    for bytes in almostNothing { target.run(bytes.span) }
  }

  @Test(arguments: FuzzTarget.allCases)
  func everyTargetHasSeeds(_ target: FuzzTarget) {
    #expect(Corpus.inputs.count { $0.target == target } > 1)
  }

  @Test func theCorporaAreSmall() throws {
    var byteCount = 0
    for input in Corpus.inputs { byteCount += try input.bytes().count }
    #expect(byteCount < 200 << 10)
  }

  /// The committed seeds are those that `Seeds` makes. `POSTERN_WRITE_SEEDS=1` writes them.
  @Test(arguments: FuzzTarget.allCases)
  func seedsAreFresh(_ target: FuzzTarget) throws {
    let isWriting = ProcessInfo.processInfo.environment["POSTERN_WRITE_SEEDS"] == "1"
    for (name, bytes) in try Seeds.all(of: target) {
      let file = Corpus.folder(of: target).appendingPathComponent("seed-\(name)")
      if isWriting { try Data(bytes).write(to: file) }
      #expect(try Array(Data(contentsOf: file)) == bytes, "\(file.lastPathComponent)")
    }
  }

  /// A message that is added to the contract is fuzzed too.
  @Test func everyRequestIsFuzzed() throws {
    let generated = Corpus.root.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/Messages/Generated")
    let fuzzed = Set(MessagesFuzz.subjectNames)
    var count = 0
    for file in try FileManager.default.contentsOfDirectory(
      at: generated, includingPropertiesForKeys: nil)
    {
      var namespace = Substring()
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let words = line.split(whereSeparator: { " :".contains($0) })
        if line.hasPrefix("extension ") { namespace = words[1] }
        guard line.hasPrefix("  @safe "), words[3].hasSuffix("Request") else { continue }
        let name = "\(namespace).\(words[3])"
        if name == "GoogleRPC.BadRequest" { continue }
        count += 1
        #expect(fuzzed.contains(name), "\(name)")
      }
    }
    #expect(count > 50)
  }
}
