internal import Ledger
internal import Messages
internal import RPC
internal import Services
internal import Synchronization
internal import TestSupport
internal import Testing

/// A question that names a revision which another host of the fleet has.
@Suite struct AwaitedRevisionTests {
  private static let second: Int64 = 1_000_000_000

  /// A worker that takes one call after the other.
  private struct Window: ~Copyable {
    let log: EventLog
    let demands: Demands
    private var snapshot: Snapshot
    private let arena: Arena
    private var output = ByteBuffer()

    init(inFleet: Bool = true) throws {
      let demands = Demands()
      let log = try EventLog(
        fleet: inFleet ? FleetMembership.alone(until: .never) { demands.add() } : nil)
      let snapshot = try log.ledger.makeSnapshot()
      self.demands = demands
      self.log = log
      self.snapshot = snapshot
      arena = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 1 << 20))
    }

    /// Makes a call that is refused at first; the waiting call, if it waits.
    mutating func ask(_ method: Method, _ payload: [UInt8]) throws -> (any StreamingCall)? {
      try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
      let call = Call(
        peer: Peer(userID: 0, groupID: 0, processID: 1, role: .operator), credential: .absent)
      do {
        if case .stream = method.descriptor.kind {
          _ = try log.services.openStream(
            method, payload.span, for: call, from: snapshot, arena: arena)
        } else {
          _ = try log.services.answerQuery(
            method, payload.span, for: call, from: snapshot, arena: arena, into: &output)
        }
        throw FixtureError("it was not refused")
      } catch let status as Status {
        #expect(status.reason == "REVISION_NOT_REACHED")
        return log.services.awaitRevision(
          method, payload.span, for: call, refusedBy: status, in: snapshot)
      }
    }

    mutating func step(_ call: any StreamingCall, at now: Int64) throws -> StreamStep {
      try snapshot.refresh(at: LedgerTime(nanoseconds: 0))
      output.removeAll()
      return try log.services.takeStep(
        call, from: snapshot, nowNanoseconds: now, arena: arena, into: &output)
    }

    var answer: [UInt8] { Array(copying: output.bytes) }
  }

  private final class Demands: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.add(1, ordering: .relaxed) }
  }

  private static func field(_ revision: UInt64) -> [UInt8] {
    var bytes: [UInt8] = [15 << 3]
    var rest = revision
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func isWait(_ step: StreamStep, atMost nanoseconds: Int64) -> Bool {
    if case .wait(true, let most) = step { most == nanoseconds } else { false }
  }

  @Test func isAnsweredOnceItIsHere() throws {
    var window = try Window()
    let asked = try window.ask(.adminServiceGetStatus, Self.field(2))
    let call = try #require(asked)
    let demands = window.demands
    #expect(demands.count == 1)
    let step1 = try window.step(call, at: 5)
    #expect(Self.isWait(step1, atMost: Self.second))
    try window.log.append { $0.makeUserInvited().setUserID("bob") }
    // One of two.
    let step2 = try window.step(call, at: 6)
    #expect(Self.isWait(step2, atMost: Self.second - 1))
    #expect(demands.count == 3)
    try window.log.append { $0.makeUserInvited().setUserID("carol") }
    guard case .finished = try window.step(call, at: 7) else {
      Issue.record("it is not answered")
      return
    }
    let arena = Arena(initialBytes: 4096, limits: DecodeLimits(bytes: 1 << 20))
    let answer = window.answer
    #expect(
      try PosternV1.GetStatusResponse(decoding: answer.span, in: arena).revision == 2)
  }

  @Test func waitsForASecond() throws {
    var window = try Window()
    let asked = try window.ask(.adminServiceGetStatus, Self.field(1))
    let call = try #require(asked)
    let step3 = try window.step(call, at: 5)
    #expect(Self.isWait(step3, atMost: Self.second))
    let step4 = try window.step(call, at: 4 + Self.second)
    #expect(Self.isWait(step4, atMost: 1))
    do {
      _ = try window.step(call, at: 5 + Self.second)
      Issue.record("it waits on")
    } catch let status as Status {
      #expect(status.code == .unavailable && status.reason == "REVISION_NOT_REACHED")
      #expect(status.retryDelayMilliseconds != nil)
    }
    // A call that was refused for good does not make the next one wait.
    let refused6 = try window.ask(.adminServiceGetStatus, Self.field(1 << 40))
    #expect(refused6 == nil)
  }

  @Test func aStreamOpensOnceItIsHere() throws {
    var window = try Window()
    let asked = try window.ask(.auditServiceListEvents, Self.field(1))
    let call = try #require(asked)
    let step5 = try window.step(call, at: 0)
    #expect(Self.isWait(step5, atMost: Self.second))
    try window.log.append { $0.makeUserInvited().setUserID("bob") }
    guard case .yield = try window.step(call, at: 1) else {
      Issue.record("it is not open")
      return
    }
    guard case .message = try window.step(call, at: 2) else {
      Issue.record("it tells nothing")
      return
    }
    #expect(String(decoding: window.answer, as: UTF8.self).contains("bob"))
  }

  @Test func nothingElseWaits() throws {
    // A revision that no host can have reached, a request too large to keep, and no fleet.
    var window = try Window()
    let refused7 = try window.ask(.adminServiceGetStatus, Self.field(1 << 40))
    #expect(refused7 == nil)
    let large =
      Self.field(1) + [2 << 3 | 2, 0x80, 0x80, 0x08] + [UInt8](repeating: 0, count: 1 << 17)
    let refused8 = try window.ask(.adminServiceGetStatus, large)
    #expect(refused8 == nil)
    let demands = window.demands
    #expect(demands.count == 0)
    var alone = try Window(inFleet: false)
    let refused9 = try alone.ask(.adminServiceGetStatus, Self.field(1))
    #expect(refused9 == nil)
  }
}
