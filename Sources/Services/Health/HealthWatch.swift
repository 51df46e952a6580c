internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // Open to every process that can connect.
  func watch(
    _ request: GRPCHealthV1.HealthCheckRequest, for call: Call, from snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    HealthWatch(self, Array(copying: request.service))
  }
}

/// Tells the state, and every other one within a second.
private final class HealthWatch: StreamingCall {
  let permit = StreamPermit.open
  private let services: PosternServices
  private let service: [UInt8]
  private let isKnown: Bool
  private var told: GRPCHealthV1.HealthCheckResponse.ServingStatus?
  private var isDraining = false

  init(_ services: PosternServices, _ service: [UInt8]) {
    self.services = services
    self.service = service
    isKnown = service.isEmpty || PosternServices.isService(service.span)
  }

  func next(
    from snapshot: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    let status = state
    if told != status {
      told = status
      let response = GRPCHealthV1.HealthCheckResponse.Builder(in: arena)
      response.setStatus(status)
      response.encode(into: &output)
      return .message
    }
    if isDraining { throw .draining }
    return .wait(forLedger: false, atMostNanoseconds: 1_000_000_000)
  }

  private var state: GRPCHealthV1.HealthCheckResponse.ServingStatus {
    guard isKnown else { return .serviceUnknown }
    let service = service
    return services.servingStatus(of: service.span)
  }

  func drain() { isDraining = true }
}
