internal import Ledger
internal import Messages
internal import RPC

// The methods of the contract that no file implements yet. Each answers UNIMPLEMENTED through the
// router like a method that does not exist; implementing one moves its line into a file of its own.
extension PosternServices {
  func reloadPolicy(
    _ request: PosternV1.ReloadPolicyRequest, _ call: Call, _ draft: inout Draft,
    _ response: PosternV1.ReloadPolicyResponse.Builder
  ) throws(Status) { try unimplemented("ReloadPolicy") }

  func backup(
    _ request: PosternV1.BackupRequest, _ call: Call, _ draft: inout Draft,
    _ response: PosternV1.BackupResponse.Builder
  ) throws(Status) { try unimplemented("Backup") }

  func getUsage(
    _ request: PosternV1.GetUsageRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.GetUsageResponse.Builder
  ) throws(Status) { try unimplemented("GetUsage") }

  func verifyLog(
    _ request: PosternV1.VerifyLogRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.VerifyLogResponse.Builder
  ) throws(Status) { try unimplemented("VerifyLog") }

  func check(
    _ request: EnvoyServiceAuthV3.CheckRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: EnvoyServiceAuthV3.CheckResponse.Builder
  ) throws(Status) { try unimplemented("Check") }

  func batchCheck(
    _ request: PosternV1.BatchCheckRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.BatchCheckResponse.Builder
  ) throws(Status) { try unimplemented("BatchCheck") }

  func explain(
    _ request: PosternV1.ExplainRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ExplainResponse.Builder
  ) throws(Status) { try unimplemented("Explain") }

  func listActions(
    _ request: PosternV1.ListActionsRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListActionsResponse.Builder
  ) throws(Status) { try unimplemented("ListActions") }

  private func unimplemented(_ method: StaticString) throws(Status) {
    throw Status(
      .unimplemented, "`\(method)` is not implemented yet", reason: "METHOD_NOT_IMPLEMENTED")
  }
}
