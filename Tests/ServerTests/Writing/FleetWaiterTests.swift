internal import EventLoop
internal import Fleet
internal import Messages
internal import RPC
@testable internal import Server
internal import Services
internal import Testing

/// Answers that wait for the whole fleet.
@Suite struct FleetWaiterTests {
  /// A loop, and what the waiters say.
  private final class Hall {
    let loop: EventLoop
    private let fleet: Mailbox<FleetMessage>
    private var receiver: MailboxReceiver<FleetMessage>?
    private(set) var messages: [FleetMessage] = []
    private(set) var answers: [(userID: UInt32, isGood: Bool)] = []
    private(set) var waiters: FleetWaiters?

    init(maximumCount: Int) throws {
      loop = try EventLoop()
      fleet = try Mailbox()
      receiver = try MailboxReceiver(fleet, on: loop) { [unowned self] in messages += $0 }
      waiters = FleetWaiters(maximumCount: maximumCount, fleet, on: loop) {
        [unowned self] command, result in
        let isGood = if case .success = result { true } else { false }
        answers.append((command.peer.userID, isGood))
      }
    }

    func command(_ userID: UInt32, deadlineNanoseconds: Int64? = nil) throws -> Command {
      Command(
        origin: .call(CallOrigin(worker: 0, connection: 1, stream: 1)),
        method: .tokenServiceRevokeToken,
        peer: Peer(userID: userID, groupID: 0, processID: 1, role: .client),
        credential: .absent, executable: [],
        payload: try Method.tokenServiceRevokeToken.check(Span(), .requests),
        deadlineNanoseconds: deadlineNanoseconds)
    }

    func park(_ command: Command, revision: UInt64) {
      waiters?.reserve(command)
      waiters?.park(command, .empty, revision: revision)
    }

    /// The next message to the fleet.
    func message() throws -> FleetMessage {
      for _ in 0..<30_000 where messages.isEmpty { try loop.turn(timeoutNanoseconds: 1_000_000) }
      try #require(!messages.isEmpty)
      return messages.removeFirst()
    }
  }

  @Test func answersOnceTheFleetObeys() throws {
    let hall = try Hall(maximumCount: 10)
    hall.park(try hall.command(1), revision: 7)
    hall.park(try hall.command(2), revision: 3)
    guard case .wait(let first, 7) = try hall.message(),
      case .wait(let second, 3) = try hall.message()
    else {
      Issue.record("the fleet was not asked")
      return
    }
    #expect(hall.answers.isEmpty)
    hall.waiters?.reached(second)
    hall.waiters?.reached(second)
    hall.waiters?.reached(first)
    #expect(hall.answers.map(\.userID) == [2, 1])
    #expect(hall.answers.map(\.isGood) == [true, true])
  }

  @Test func givesUpAtTheDeadline() throws {
    let hall = try Hall(maximumCount: 1)
    let command = try hall.command(1, deadlineNanoseconds: hall.loop.now + 5_000_000)
    hall.park(command, revision: 7)
    #expect(hall.waiters?.refusal(of: command)?.code == .resourceExhausted)
    guard case .wait(let id, 7) = try hall.message(), case .abandon(id) = try hall.message() else {
      Issue.record("the fleet was not told")
      return
    }
    #expect(hall.answers.map(\.isGood) == [false])
    hall.waiters?.reached(id)
    #expect(hall.answers.count == 1)
    #expect(hall.waiters?.refusal(of: command) == nil, "its place is free")
  }

  /// One user can't take all places, and those that a batch gives up are free again.
  @Test func hasALimitThatIsShared() throws {
    let hall = try Hall(maximumCount: 8)
    let (greedy, other) = (try hall.command(1), try hall.command(2))
    var count = 0
    while hall.waiters?.refusal(of: greedy) == nil, count < 20 {
      hall.waiters?.reserve(greedy)
      count += 1
    }
    #expect(count == 4)
    let limit = hall.waiters?.refusal(of: greedy)?.metadata.first { $0.key == "limit" }
    #expect(limit?.value == "max-fleet-waits")
    #expect(hall.waiters?.refusal(of: other) == nil)
    hall.waiters?.release(greedy)
    #expect(hall.waiters?.refusal(of: greedy) == nil)
  }
}
