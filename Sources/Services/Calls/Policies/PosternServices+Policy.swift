package import Ledger
internal import Messages
internal import Permissions
internal import Platform

// The policy in force is part of the state: an entry of the log brings it, and every state says
// which entry did. A thread that answers from a state first follows it, so that an answer is
// computed at one revision of tokens, directory and policy together.

internal import Identifiers
package import RPC

extension PosternServices {
  /// Takes the policy of a state from now on: one comparison, unless it has changed. Where its
  /// entry is damaged the state notes that, and gives no answer.
  package mutating func follow<State: LedgerState & ~Copyable>(_ state: borrowing State) {
    guard state.policyRevision != policyRevision, !state.isDropped else { return }
    guard let policy = policy(of: state) else { return }
    self.policy = policy
    policyRevision = state.policyRevision
  }

  /// Forgets what was followed: a draft was dropped, and another entry may come to stand where its
  /// policy stood.
  package mutating func unfollow() { policyRevision = .max }

  /// Notes for the status which policy is in force.
  package func notePolicy<State: LedgerState & ~Copyable>(of state: borrowing State) {
    let hash = Self.withPolicyEntry(of: state) { hash, _ in
      SHA256.Digest(copying: hash) ?? PolicyCandidate.builtIn.hash
    }
    guard let hash else { return }
    status.policyFileHash.withLock { $0 = hash }
  }

  private func policy<State: LedgerState & ~Copyable>(of state: borrowing State) -> Policy? {
    Self.withPolicyEntry(of: state) { hash, text in
      if text.isEmpty { return .builtIn }
      if let policy = shelf.policy(hash: hash) { return policy }
      do throws(BrokenPolicy) {
        let candidate = try PolicyCandidate(file: Array(copying: text))
        shelf.keep(candidate.policy, hash: hash)
        return candidate.policy
      } catch {
        // It was good when it came into force, and a start checks it anew.
        preconditionFailure("the policy in the ledger can't be compiled: \(error.message)")
      }
    }
  }

  /// Appends the candidate to the log, unless it is in force. Nothing that exists may be of a type
  /// that it lacks.
  package func adopt(
    _ candidate: PolicyCandidate, by actor: Actor, _ draft: inout Draft, isDryRun: Bool = false
  ) throws(Status) {
    try requireTypes(of: candidate.policy, draft)
    shelf.keep(candidate.policy, hash: candidate.hash.span)
    let isInForce = Self.withPolicyEntry(of: draft) { hash, _ in
      hash.isEmpty ? candidate.text.isEmpty : candidate.hash.equals(hash)
    }
    guard !isDryRun, isInForce == false else { return }
    draft.adoptPolicy(candidate.text.span, hash: candidate.hash, by: actor)
  }

  /// Lends the hash and the text of the policy in force; both are empty for the one from before the
  /// first entry, which is the built-in one. Nil where its entry is damaged, which the state notes.
  private static func withPolicyEntry<State: LedgerState & ~Copyable, Result>(
    of state: borrowing State, _ body: (Span<UInt8>, Span<UInt8>) -> Result
  ) -> Result? {
    guard state.policyRevision != 0 else { return body(Span(), Span()) }
    let arena = Arena(initialBytes: 2 << 10, limits: DecodeLimits(bytes: 4 << 20))
    guard let encoded = state.entry(at: state.policyRevision),
      let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena),
      let reloaded = entry.policyReloaded
    else { return nil }
    return body(reloaded.textHash, reloaded.text)
  }

  /// Refuses a policy without a type of which there are resources. Only types that the policy in
  /// force has and the new one lacks are looked for.
  private func requireTypes(of new: Policy, _ draft: borrowing Draft) throws(Status) {
    let present = policy
    for position in 0..<present.resourceTypeCount {
      let name = present.resourceTypeName(at: position)
      guard present.isResourceType(name.utf8Span.span), !new.isResourceType(name.utf8Span.span)
      else { continue }
      var found = false
      draft.forEachOrganization(after: Span()) { organization in
        let type = ResourceTypeName(stored: name.utf8Span.span)
        draft.forEachResource(in: organization, type: type, after: Span()) { _, _ in
          found = true
          return false
        }
        return !found
      }
      guard !found else {
        throw Status(
          .failedPrecondition,
          "there are resources of the type `\(name)`, which the policy lacks",
          reason: "RESOURCE_TYPE_IN_USE", metadata: [("type", name)])
      }
    }
  }
}

/// Compiled policies for all threads, by the hash of their text. A policy is a function of its text
/// alone, so any thread may put one here, whether or not it comes into force.
final class PolicyShelf: Sendable {
  private let shelf = Guarded<[(hash: [UInt8], policy: Policy)]>([])

  /// The old policy, the new one, and some that were only tried.
  private static let maximumPolicies = 8

  func keep(_ policy: Policy, hash: Span<UInt8>) {
    let hash = Array(copying: hash)
    shelf.withLock { shelf in
      shelf.removeAll { $0.hash == hash }
      shelf.append((hash, policy))
      if shelf.count > Self.maximumPolicies { shelf.removeFirst() }
    }
  }

  func policy(hash: Span<UInt8>) -> Policy? {
    let hash = Array(copying: hash)
    return shelf.withLock { shelf in shelf.first { $0.hash == hash }?.policy }
  }
}
