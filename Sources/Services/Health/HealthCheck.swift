internal import Ledger
internal import Messages
internal import RPC
internal import Synchronization

extension PosternServices {
  // Open to every process that can connect. The empty name stands for the daemon as a whole; every
  // service of the contract has the daemon's state.
  func check(
    _ request: GRPCHealthV1.HealthCheckRequest, _ call: Call, _ snapshot: borrowing Snapshot,
    _ response: GRPCHealthV1.HealthCheckResponse.Builder
  ) throws(Status) {
    guard request.service.isEmpty || Self.isService(request.service) else {
      throw notFound("service", request.service)
    }
    response.setStatus(servingStatus)
  }

  /// The state of the daemon, and so of each of its services.
  var servingStatus: GRPCHealthV1.HealthCheckResponse.ServingStatus {
    status.isDraining.load(ordering: .relaxed) ? .notServing : .serving
  }

  static func isService(_ name: Span<UInt8>) -> Bool {
    Method.allCases.contains { $0.descriptor.service.utf8Span.span.isEqual(to: name) }
  }
}
