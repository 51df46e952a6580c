internal import Ledger
internal import Messages
internal import Permissions
internal import Platform
internal import RPC

extension PosternServices {
  // For operators. A background thread has read and compiled the file by then.
  func reloadPolicy(
    _ request: PosternV1.ReloadPolicyRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.ReloadPolicyResponse.Builder, policyFile: PolicyReading?
  ) throws(Status) {
    try requireOperator(caller, "reloading the policy")
    let candidate: PolicyCandidate
    do throws(Status) {
      candidate = try self.candidate(in: policyFile)
      try adopt(candidate, by: caller.actor, &draft, isDryRun: request.validateOnly)
    } catch {
      if !request.validateOnly { note(error.message, policyFile) }
      throw error
    }
    if !request.validateOnly {
      note("", policyFile)
      status.policyFileHash.withLock { $0 = candidate.hash }
    }
    response.setPolicyHash(candidate.hash.span)
    response.setActionCount(UInt32(candidate.policy.actionCount))
    for warning in candidate.warnings { response.addWarnings(warning) }
  }

  /// Keeps for the status what became of the file.
  private func note(_ problem: String, _ file: PolicyReading?) {
    if case .noFile? = file { return }
    status.policyFileProblem.withLock { $0 = problem }
  }

  private func candidate(in file: PolicyReading?) throws(Status) -> PolicyCandidate {
    switch file {
    // Another host may have put another one into force, or another version its own.
    case .noFile? where status.fleet != nil: return .builtIn
    case .good(let candidate): return candidate
    case .broken(let broken):
      var metadata = [(key: "field", value: "policy")]
      if let first = broken.problems.first {
        metadata += [("line", "\(first.line)"), ("column", "\(first.column)")]
      }
      throw Status(
        .invalidArgument, "the policy file: \(broken.message)", reason: "POLICY_FILE_BROKEN",
        metadata: metadata)
    case .unreadable(let reason):
      throw Status(
        .failedPrecondition, "the policy file can't be read: \(reason)",
        reason: "POLICY_FILE_UNREADABLE")
    case .noFile, nil:
      throw Status(
        .failedPrecondition, "the daemon runs without a policy file", reason: "NO_POLICY_FILE")
    }
  }
}
