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
    let hash = Self.withPolicyEntry(of: state) { hash, _, _ in
      SHA256.Digest(copying: hash) ?? PolicyCandidate.builtIn.hash
    }
    guard let hash else { return }
    status.policyFileHash.withLock { $0 = hash }
  }

  private func policy<State: LedgerState & ~Copyable>(of state: borrowing State) -> Policy? {
    Self.withPolicyEntry(of: state) { hash, text, base in
      if text.isEmpty, base.isEmpty { return .builtIn }
      let key = CompiledPolicies.key(hash, base: base)
      if let policy = compiledPolicies.policy(key) { return policy }
      do throws(BrokenPolicy) {
        let candidate = try PolicyCandidate(
          file: Array(copying: text), base: Array(copying: base))
        compiledPolicies.keep(candidate.policy, key)
        return candidate.policy
      } catch {
        // It was good when it came into force, and a start checks it anew.
        preconditionFailure("the policy in the ledger can't be compiled: \(error.message)")
      }
    }
  }

  /// Appends the candidate to the log, unless it is in force. Nothing that exists may be of a type
  /// that it lacks. In a fleet the built-in policy that it adds to goes with it.
  package func adopt(
    _ candidate: PolicyCandidate, by actor: Actor, _ draft: inout Draft, isDryRun: Bool = false
  ) throws(Status) {
    try requireTypes(of: candidate.policy, draft)
    let base = status.fleet == nil ? [] : Self.builtInText
    compiledPolicies.keep(
      candidate.policy, CompiledPolicies.key(candidate.hash.span, base: base.span))
    let isInForce = Self.withPolicyEntry(of: draft) { hash, _, present in
      (hash.isEmpty ? candidate.text.isEmpty : candidate.hash.isEqual(to: hash))
        && (present.isEmpty || present.isEqual(to: base.span))
    }
    guard !isDryRun, isInForce == false else { return }
    draft.adoptPolicy(candidate.text.span, hash: candidate.hash, base: base.span, by: actor)
  }

  /// Puts the built-in policy below the one in force, if none stands there yet: what this host
  /// decides stays the same, and hosts of other versions decide it from now on, too.
  package func adoptBase(by actor: Actor, _ draft: inout Draft) {
    let present = Self.withPolicyEntry(of: draft) { _, text, base in
      (text: Array(copying: text), hasBase: !base.isEmpty)
    }
    guard let present, !present.hasBase else { return }
    let text = present.text
    draft.adoptPolicy(
      text.span, hash: SHA256.hash(text.span), base: Self.builtInText.span, by: actor)
  }

  private static let builtInText = Array(PolicyFile.builtInText.utf8)

  /// Lends the hash and the text of the policy in force, and the base that it adds to; all are
  /// empty for the one from before the first entry, which is the built-in one. Nil where its entry
  /// is damaged, which the state notes.
  private static func withPolicyEntry<State: LedgerState & ~Copyable, Result>(
    of state: borrowing State, _ body: (Span<UInt8>, Span<UInt8>, Span<UInt8>) -> Result
  ) -> Result? {
    guard state.policyRevision != 0 else { return body(Span(), Span(), Span()) }
    let arena = Arena(initialBytes: 2 << 10, limits: DecodeLimits(bytes: 4 << 20))
    guard let encoded = state.entry(at: state.policyRevision),
      let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena),
      let reloaded = entry.policyReloaded
    else { return nil }
    return body(reloaded.textHash, reloaded.text, reloaded.builtIn)
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

/// Compiled policies for all threads, by their text and what it adds to. A policy is a function of
/// these alone, so any thread may put one here, whether or not it comes into force.
final class CompiledPolicies: Sendable {
  private let kept = Guarded<[(key: [UInt8], policy: Policy)]>([])

  /// The old policy, the new one, and some that were only tried.
  private static let maximumPolicies = 8

  /// The key of a text by its hash, and its base.
  static func key(_ hash: Span<UInt8>, base: Span<UInt8>) -> [UInt8] {
    Array(copying: hash) + (base.isEmpty ? [] : Array(copying: SHA256.hash(base).span))
  }

  func keep(_ policy: Policy, _ key: [UInt8]) {
    kept.withLock { kept in
      kept.removeAll { $0.key == key }
      kept.append((key, policy))
      if kept.count > Self.maximumPolicies { kept.removeFirst() }
    }
  }

  func policy(_ key: [UInt8]) -> Policy? {
    kept.withLock { kept in kept.first { $0.key == key }?.policy }
  }
}
