internal import Messages
internal import PosternClient

/// Asks the daemon about found tokens, and revokes them if requested.
///
/// It asks with the rights of this process, because POSTERN_TOKEN may be among the found tokens and
/// be revoked. After a failure it stops asking, so that a daemon without answers costs one timeout.
final class LeakJudge {
  private let invocation: Invocation
  /// Whether found tokens are to be revoked.
  let revokes: Bool
  private var client: PosternClient?
  private var isAsking: Bool
  /// Whether a found token may be active although it should have been revoked.
  private(set) var failedToRevoke = false

  init(_ invocation: Invocation, asks: Bool, revokes: Bool) {
    self.invocation = invocation
    self.revokes = revokes
    isAsking = asks
  }

  /// The present state of the token with this text; `hint` says once why it is unknown.
  func judge(_ text: Span<UInt8>, hint: (String) -> Void) -> LeakState {
    guard isAsking else {
      failedToRevoke = failedToRevoke || revokes
      return .unknown
    }
    var state = LeakState.unknown
    do throws(Failure) {
      state = try validate(text)
      if revokes, case .active(let owner) = state {
        try revoke(text)
        state = .revoked(owner)
      }
    } catch {
      isAsking = false
      client = nil
      failedToRevoke = failedToRevoke || revokes
      let problem = error.report(for: nil).prefix { $0 != "\n" }
      hint(
        revokes
          ? "\(problem)\nhint: nothing is revoked from here on: scan again when the daemon answers"
          : "\(problem)\nhint: states are unknown from here on; --offline doesn't ask for them")
    }
    return state
  }

  private func validate(_ text: Span<UInt8>) throws(Failure) -> LeakState {
    let client = if let client { client } else { try invocation.connect(withBearer: false) }
    self.client = client
    let reply = try invocation.call(PosternClient.validateToken, over: client) {
      $0.setSecret(text)
    }
    return reply.message.active ? .active(LeakState.Owner(reply.message)) : .inactive
  }

  private func revoke(_ text: Span<UInt8>) throws(Failure) {
    let waits = try invocation.waitsForFleet()
    _ = try invocation.call(PosternClient.revokeToken, over: client) {
      $0.setSecret(text)
      if waits { $0.setWait(.fleet) }
    }
  }
}
