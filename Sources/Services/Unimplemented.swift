internal import Ledger
internal import Messages
internal import RPC

// The methods of the contract that no file implements yet. Each answers UNIMPLEMENTED through the
// router like a method that does not exist; implementing one moves its line into a file of its own.
extension PosternServices {

  func getUsage(
    _ request: PosternV1.GetUsageRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.GetUsageResponse.Builder
  ) throws(Status) { throw notYet("GetUsage") }

  func batchCheck(
    _ request: PosternV1.BatchCheckRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.BatchCheckResponse.Builder
  ) throws(Status) { throw notYet("BatchCheck") }

  func explain(
    _ request: PosternV1.ExplainRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ExplainResponse.Builder
  ) throws(Status) { throw notYet("Explain") }

  func listActions(
    _ request: PosternV1.ListActionsRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: PosternV1.ListActionsResponse.Builder
  ) throws(Status) { throw notYet("ListActions") }

  private func notYet(_ method: StaticString) -> Status {
    Status(
      .unimplemented, "`\(method)` is not implemented yet", reason: "METHOD_NOT_IMPLEMENTED")
  }
}
