internal import Platform
internal import Synchronization

/// What the daemon has acknowledged, as its clients heard it. A change that was sent and never
/// answered is in neither list: both outcomes are right.
final class Acknowledgements: Sendable {
  struct Content: Sendable {
    /// Secrets whose issue was acknowledged and that nobody has asked to revoke.
    var issued: [String] = []
    /// Secrets whose revoke was sent and not answered.
    var undecided: Set<String> = []
    /// Secrets whose revoke was acknowledged.
    var revoked: [String] = []
    /// The greatest revision in any acknowledgement.
    var revision: UInt64 = 0
  }

  private let content = Guarded(Content())
  private let acknowledged = Atomic<Int>(0)

  /// The changes acknowledged so far.
  var count: Int { acknowledged.load(ordering: .relaxed) }

  var now: Content { content.withLock { $0 } }

  func issued(_ secret: String, _ revision: UInt64) {
    content.withLock { content in
      content.issued.append(secret)
      content.revision = max(content.revision, revision)
    }
    acknowledged.add(1, ordering: .relaxed)
  }

  /// Takes a secret to revoke, at a position that `random` chooses.
  func takeForRevoke(_ random: UInt64) -> String? {
    content.withLock { content in
      guard !content.issued.isEmpty else { return nil }
      let index = Int(random % UInt64(content.issued.count))
      content.issued.swapAt(index, content.issued.count - 1)
      let secret = content.issued.removeLast()
      content.undecided.insert(secret)
      return secret
    }
  }

  func revoked(_ secret: String, _ revision: UInt64) {
    content.withLock { content in
      content.undecided.remove(secret)
      content.revoked.append(secret)
      content.revision = max(content.revision, revision)
    }
    acknowledged.add(1, ordering: .relaxed)
  }
}
