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

  private func notYet(_ method: StaticString) -> Status {
    Status(
      .unimplemented, "`\(method)` is not implemented yet", reason: "METHOD_NOT_IMPLEMENTED")
  }
}
