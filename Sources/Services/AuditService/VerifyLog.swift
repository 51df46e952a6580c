internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For operators.
  func verifyLog(
    _ request: PosternV1.VerifyLogRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.VerifyLogResponse.Builder
  ) throws(Status) {
    let stretch = try stretch(request)
    let caller = try authenticate(call, in: snapshot)
    try requireOperator(caller, "verifying the log")
    let newest = snapshot.revision
    for (revision, field) in [
      (request.fromRevision, "from_revision"), (request.toRevision, "to_revision"),
    ] where revision > newest {
      throw Status(
        .outOfRange, "`\(field)` is \(revision), and the newest revision \(newest)",
        reason: "REVISION_OUT_OF_RANGE", metadata: [("field", field), ("revision", "\(newest)")])
    }
    let report = snapshot.verifyLog(stretch)
    response.setIntact(report.fault == nil)
    if report.verifiedRevision >= stretch.from, let hash = report.verifiedHash {
      response.setVerifiedRevision(report.verifiedRevision)
      response.setVerifiedHash(hash.span)
    }
    if let fault = report.fault {
      response.setBrokenRevision(fault.revision)
      response.setMessage(fault.sentence)
    }
  }

  private func stretch(_ request: PosternV1.VerifyLogRequest) throws(Status) -> LogStretch {
    let from = max(1, request.fromRevision)
    guard request.toRevision == 0 || request.toRevision >= from else {
      throw Fields.invalid("`to_revision` must not be before `from_revision`", "to_revision")
    }
    var stretch = LogStretch(
      from: from, through: request.toRevision == 0 ? nil : request.toRevision)
    guard !request.expectedHash.isEmpty else { return stretch }
    guard from > 1 else {
      throw Fields.invalid("`expected_hash` needs an entry before the first one", "expected_hash")
    }
    guard let hash = SHA256.Digest(copying: request.expectedHash) else {
      throw Fields.invalid("`expected_hash` must have 32 bytes", "expected_hash")
    }
    stretch.expectedHash = hash
    return stretch
  }
}
