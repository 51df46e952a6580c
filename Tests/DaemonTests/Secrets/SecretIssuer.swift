internal import TestSupport

/// Has tokens issued to alice, and their secrets looked for.
final class SecretIssuer {
  private let peer: TTRPCPeer
  private let trail: SecretTrail
  private var stream: UInt32 = 1

  init(_ daemon: Daemon, _ trail: SecretTrail) throws {
    peer = try TTRPCPeer(daemon)
    self.trail = trail
  }

  /// The secret of another token, and what it will be used for.
  func issue(_ use: String) throws -> String {
    let payload = Encoding.field(1, "acme") + Encoding.field(2, "alice")
    let outcome = try peer.call(WireCall(method: "IssueToken", payload: payload), stream: stream)
    stream += 2
    return trail.note(try Self.secret(in: outcome), use)
  }

  /// In every answer that shows a secret it is the first field.
  static func secret(in outcome: Outcome) throws -> String {
    let text = outcome.payload.dropFirst(2).prefix(61)
    guard outcome.code == 0, text.count == 61, text.starts(with: "pst_".utf8) else {
      throw FixtureError("no secret in \(outcome)")
    }
    return String(decoding: text, as: UTF8.self)
  }
}
