internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // Open to every process that can connect. The empty name stands for the daemon as a whole.
  func list(
    _ request: GRPCHealthV1.HealthListRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: GRPCHealthV1.HealthListResponse.Builder
  ) throws(Status) {
    for name in Set(Method.allCases.map(\.descriptor.service)).union([""]).sorted() {
      let entry = response.addStatuses()
      entry.setKey(name)
      entry.makeValue().setStatus(servingStatus(of: name.utf8Span.span))
    }
  }
}
