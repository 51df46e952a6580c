internal import EventLoop
internal import Fleet
internal import FleetStore
internal import Platform
internal import RPC
internal import Services

/// Asks the database one question after another, and blocks the thread that asks.
final class BlockingFleetStore {
  private let loop: EventLoop
  private let store: FleetStore

  init(_ access: FleetAccess) throws(Errno) {
    loop = try EventLoop()
    store = try access.makeStore(on: loop)
  }

  func close() { store.close() }

  /// Waits for the answer, at most for the time that a request may take.
  func ask(_ request: UpstreamRequest) throws(Status) -> UpstreamAnswer {
    try wait { store, done in store.send(request, on: .follow, done) }
  }

  func ask(_ request: SetupRequest) throws(Status) -> UpstreamAnswer {
    try wait { store, done in store.send(request, done) }
  }

  /// Asks for what must be done now.
  func require(_ request: SetupRequest) throws(Status) {
    FailPoint.upload.before()
    let answer = try ask(request)
    FailPoint.upload.after()
    guard case .done(true) = answer else { throw .unanswered(answer) }
  }

  /// Waits until something holds, or the time is over.
  func wait(atMostNanoseconds limit: Int64, until holds: () -> Bool) throws(Status) {
    let end = Clock.monotonicNanoseconds() + limit
    do throws(Errno) {
      while !holds(), Clock.monotonicNanoseconds() < end {
        try loop.turn(timeoutNanoseconds: 10_000_000)
      }
    } catch {
      throw Status(.internalError, "the kernel refuses to wait: \(error)")
    }
  }

  private func wait(
    _ send: (FleetStore, @escaping (UpstreamAnswer) -> Void) -> Void
  ) throws(Status) -> UpstreamAnswer {
    var answer: UpstreamAnswer?
    send(store) { answer = $0 }
    do throws(Errno) {
      while answer == nil { try loop.turn(timeoutNanoseconds: nil) }
    } catch {
      throw Status(.internalError, "the kernel refuses to wait: \(error)")
    }
    guard let answer else { preconditionFailure("waited for an answer") }
    return answer
  }
}

extension Status {
  /// The database has not done what was asked.
  static func unanswered(_ answer: UpstreamAnswer) -> Status {
    switch answer {
    case .refused(let refusal): .fleet(.database(refusal), isForOperator: true)
    case .doubt(let reason), .unreachable(let reason): .fleet(.away(reason), isForOperator: true)
    case .polled, .joined, .renewed, .inserted, .members, .reported, .rows, .done:
      Status(
        .aborted, "the fleet was changed by another host meanwhile: look at `postern fleet status`",
        reason: "FLEET_CHANGED")
    }
  }

  static var anotherSchema: Status {
    Status(
      .failedPrecondition,
      "the database has a schema `postern` that is not this host's fleet: use another database",
      reason: "FLEET_OTHER")
  }

  static func anotherFleet(_ id: InstanceID) -> Status {
    Status(
      .failedPrecondition,
      "the database has the fleet \(id), which another host has begun: start this daemon anew to "
        + "join it", reason: "FLEET_OTHER")
  }

  static var fleetIsThere: Status {
    Status(
      .alreadyExists, "the fleet has been begun already", reason: "FLEET_EXISTS")
  }
}
