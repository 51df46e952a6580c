internal import Ledger
internal import Platform
internal import RPC
internal import Services

/// Puts the policy of the configuration into force before anything is served: that of the file, or
/// the built-in one. The log gets an entry if another one was in force. A member of a fleet puts
/// none into force: the policy is the fleet's.
enum PolicyStart {
  /// Reads and compiles the file; without a path, the policy is the built-in one.
  static func read(_ path: String?) throws(ConfigurationError) -> PolicyCandidate {
    switch PolicyLoader.read(path) {
    case .good(let candidate): return candidate
    case .noFile: return .builtIn
    case .unreadable(let reason):
      throw ConfigurationError("the policy can't be read: \(reason)")
    case .broken(let broken):
      let lines = broken.problems.map { problem in
        "\(path ?? ""):\(problem.line):\(problem.column): \(problem.problem)"
      }
      throw ConfigurationError("the policy is wrong:\n" + lines.joined(separator: "\n"))
    }
  }

  private static let refusal =
    "the ledger was full at the start: what was in force stays until `postern policy reload`"

  /// Puts it into force, unless it is in force or the ledger is full. A member only says that it is
  /// not.
  static func adopt(
    _ candidate: PolicyCandidate, in ledger: Ledger, by services: PosternServices, isMember: Bool,
    log: Log
  ) throws {
    var draft = try ledger.makeDraft(
      at: services.status.clock.read(), identifiers: try ledger.makeTokenIDGenerator())
    var services = services
    do throws(Status) {
      services.follow(draft)
      try services.adopt(candidate, by: .daemon, &draft)
    } catch {
      throw ConfigurationError("the policy can't come into force: \(error.message)")
    }
    if let row = draft.damage.take() { throw StoreError.damagedRow(row) }
    guard !draft.isRefused else {
      // A full ledger is served, by the policy that it has.
      services.notePolicy(of: draft)
      services.status.policyFileProblem.withLock { $0 = Self.refusal }
      return log.error("the policy of this host is not in force", [("reason", Self.refusal)])
    }
    services.status.policyFileHash.withLock { $0 = candidate.hash }
    guard draft.entryCount > 0 else { return }
    if isMember {
      log.warning(
        "the policy of this host is not the fleet's, which stays in force: "
          + "`postern policy reload` puts this one in force on every host", [])
      return
    }
    _ = try draft.commit()
  }
}
