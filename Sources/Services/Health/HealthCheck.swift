internal import Ledger
internal import Messages
internal import RPC
internal import Synchronization

extension PosternServices {
  // Open to every process that can connect. The empty name stands for the daemon as a whole.
  func check(
    _ request: GRPCHealthV1.HealthCheckRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: GRPCHealthV1.HealthCheckResponse.Builder
  ) throws(Status) {
    guard request.service.isEmpty || Self.isService(request.service) else {
      throw notFound("service", request.service)
    }
    response.setStatus(servingStatus(of: request.service))
  }

  /// The state of a service, or of the daemon. While nothing can be written, the services that only
  /// read go on to serve; the daemon as a whole, and what has commands, do not. Without a lease of
  /// the fleet nothing serves whose answers could be out of date, and with tables that contradict
  /// the log nothing whose answers could be wrong.
  func servingStatus(
    of service: Span<UInt8>
  ) -> GRPCHealthV1.HealthCheckResponse.ServingStatus {
    if status.isDraining.load(ordering: .relaxed) { return .notServing }
    if status.fleet?.isStale ?? false || status.isLedgerDistrusted(),
      service.isEmpty || Self.answersFromLedger(service)
    {
      return .notServing
    }
    guard status.isLedgerFailed.load(ordering: .relaxed) else { return .serving }
    if service.isEmpty { return .notServing }
    let hasCommands = Method.allCases.contains { method in
      guard case .command = method.descriptor.kind else { return false }
      return method.descriptor.service.utf8Span.span.isEqual(to: service)
    }
    return hasCommands ? .notServing : .serving
  }

  /// Whether a service has queries that are refused where the ledger's tables are not good enough.
  private static func answersFromLedger(_ service: Span<UInt8>) -> Bool {
    Method.allCases.contains { method in
      switch method.descriptor.kind {
      case .query, .stream(_, isCommand: false):
        !method.tellsOfHost && method.descriptor.service.utf8Span.span.isEqual(to: service)
      case .command, .background, .stream(_, isCommand: true): false
      }
    }
  }

  static func isService(_ name: Span<UInt8>) -> Bool {
    Method.allCases.contains { $0.descriptor.service.utf8Span.span.isEqual(to: name) }
  }
}

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
