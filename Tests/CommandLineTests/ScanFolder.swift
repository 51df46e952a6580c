internal import Foundation
internal import Tokens

/// A folder to scan, with whatever a test puts there, removed with it.
final class ScanFolder {
  let path = FileManager.default.temporaryDirectory.path + "/scan-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and the folders above it.
  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// The text of a token that no daemon knows, and its id.
  static func token(_ seed: UInt64, _ kind: TokenKind = .user) -> (text: String, id: String) {
    let id = TokenID(unixMilliseconds: 1_760_000_000_000, random: (seed, seed))
    let random = (0..<20).map { UInt8(truncatingIfNeeded: seed &* 37 &+ $0) }
    return TokenSecret.withNew(kind: kind, id: id, random: random.span) { secret in
      secret.withText { (String(copying: $0), "\(id)") }
    }
  }
}

extension String {
  fileprivate init(copying bytes: Span<UInt8>) {
    self.init(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
  }
}
