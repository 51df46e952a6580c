internal import TestSupport

/// One connection on which decisions are asked for, one after the other.
final class AuthorizationPeer {
  private let peer: TTRPCPeer
  private var stream: UInt32 = 1

  init(_ daemon: Daemon) throws { peer = try TTRPCPeer(daemon) }

  func call(_ payload: [UInt8]) throws -> Outcome {
    try call(AuthorizationQuestion.call(payload))
  }

  func call(_ call: WireCall) throws -> Outcome {
    defer { stream += 2 }
    return try peer.call(call, stream: stream)
  }
}
