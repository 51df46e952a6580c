internal import Ledger
package import Messages
package import RPC

// A member of a fleet that can't know of every change any more answers nothing that rests on what
// it knows; nor does a daemon whose tables are known not to be what the log says.
extension PosternServices {
  /// What is answered in place of a query whose answer could be wrong: nil where it is in `output`,
  /// an error otherwise.
  package func refuseQuery(
    _ method: Method, because status: Status, arena: borrowing Arena,
    into output: inout ByteBuffer
  ) -> Status? {
    guard case .envoyServiceAuthV3AuthorizationCheck = method else { return status }
    // An error may let the request through: Envoy's `failure_mode_allow`.
    deny(.forbidden(status.message), arena: arena, into: &output)
    return nil
  }

  /// Answers a proxy's question with a denial.
  func deny(_ denial: Denial, arena: borrowing Arena, into output: inout ByteBuffer) {
    output.removeAll()
    let response = EnvoyServiceAuthV3.CheckResponse.Builder(in: arena)
    response.makeStatus().set(denial)
    response.makeDeniedResponse().set(denial)
    response.encode(into: &output)
  }
}

extension Status {
  /// The lease of this host is over.
  package static var stale: Status {
    Status(
      .unavailable,
      "this host has not heard from its fleet for as long as an answer may be out of date",
      reason: "FLEET_STALE", retryDelayMilliseconds: 1000)
  }

  /// The tables are known not to be what the log says.
  package static var contradicted: Status {
    Status(
      .unavailable,
      "the ledger is damaged: \(StoreError.contradicted); the next start makes them anew",
      reason: "LEDGER_DAMAGED", retryDelayMilliseconds: 5000)
  }
}

extension Method {
  /// Whether it tells of this host rather than of what the ledger says, so that it is answered
  /// always.
  package var tellsOfHost: Bool {
    switch self {
    case .adminServiceGetStatus, .adminServiceGetMetrics, .auditServiceReportUses,
      .auditServiceVerifyLog, .fleetServiceGetFleet, .fleetServiceGetRepair,
      .fleetServiceListLostChanges,
      .gRPCHealthV1HealthCheck, .gRPCHealthV1HealthList, .gRPCHealthV1HealthWatch,
      .gRPCReflectionV1ServerReflectionServerReflectionInfo,
      .gRPCReflectionV1alphaServerReflectionServerReflectionInfo:
      true
    default: false
    }
  }
}
