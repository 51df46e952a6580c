internal import Foundation
internal import FuzzTargets
internal import Testing

/// The committed inputs of the fuzzers: seeds, what fuzzing found worth keeping, and what once
/// crashed.
struct Corpus {
  /// One input, named in a test's report.
  struct Input: CustomTestStringConvertible, Sendable {
    let target: FuzzTarget
    let file: URL

    var testDescription: String { "\(target.rawValue)/\(file.lastPathComponent)" }

    func bytes() throws -> [UInt8] { Array(try Data(contentsOf: file)) }
  }

  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Corpora")

  static func folder(of target: FuzzTarget) -> URL {
    root.appendingPathComponent(target.rawValue, isDirectory: true)
  }

  static var inputs: [Input] {
    FuzzTarget.allCases.flatMap { target in
      let files = try? FileManager.default.contentsOfDirectory(
        at: folder(of: target), includingPropertiesForKeys: nil)
      return (files ?? []).sorted { $0.path < $1.path }.map { Input(target: target, file: $0) }
    }
  }
}
