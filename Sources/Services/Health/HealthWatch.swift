internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // Open to every process that can connect.
  func watch(
    _ request: GRPCHealthV1.HealthCheckRequest, _ call: Call, _ snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    HealthWatch(self, isKnown: request.service.isEmpty || Self.isService(request.service))
  }
}

/// Tells the state once, and that the daemon stops.
private final class HealthWatch: StreamingCall {
  let permit = StreamPermit.open
  private let services: PosternServices
  private let isKnown: Bool
  private var told: GRPCHealthV1.HealthCheckResponse.ServingStatus?
  private var isDraining = false

  init(_ services: PosternServices, isKnown: Bool) {
    self.services = services
    self.isKnown = isKnown
  }

  func next(
    _ snapshot: borrowing Snapshot, nowNanoseconds: Int64, _ arena: borrowing Arena,
    _ output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    let status = isKnown ? services.servingStatus : .serviceUnknown
    if told != status {
      told = status
      let response = GRPCHealthV1.HealthCheckResponse.Builder(in: arena)
      response.setStatus(status)
      response.encode(into: &output)
      return .message
    }
    if isDraining { throw .draining }
    return .wait(forLedger: false, atMostNanoseconds: nil)
  }

  func drain() { isDraining = true }
}
