internal import EventLoop
internal import Fleet
internal import Messages
internal import RPC
internal import Services

/// The answers that wait until every member of the fleet obeys the change, on the writer's thread.
/// One user holds at most half of what the others leave free.
final class FleetWaiters: TimerHandler {
  /// An answer that waits.
  private struct Waiter {
    let command: Command
    let answer: WipedBytes
    let timer: TimerID?
  }

  private static let headStartNanoseconds: Int64 = 3_000_000

  private let maximumCount: Int
  private let fleet: Mailbox<FleetMessage>
  private unowned let loop: EventLoop
  private let answer: (Command, Result<WipedBytes, Status>) -> Void
  private var waiters: [UInt64: Waiter] = [:]
  /// The commands of each owner that wait, and those of a batch that is decided and does not stand
  /// yet.
  private var counts: [CommandOwner: Int] = [:]
  private var totalCount = 0
  private var lastNumber: UInt64 = 0

  /// `answer` answers a command, now or with the next messages.
  init(
    maximumCount: Int, _ fleet: Mailbox<FleetMessage>, on loop: EventLoop,
    answer: @escaping (Command, Result<WipedBytes, Status>) -> Void
  ) {
    self.maximumCount = maximumCount
    self.fleet = fleet
    self.loop = loop
    self.answer = answer
  }

  /// Why a command may not wait; nil if it may.
  func refusal(of command: Command) -> Status? {
    let own = counts[command.owner] ?? 0
    return CommandQuota.refusal(
      of: own + 1, others: totalCount - own, (name: "max-fleet-waits", count: maximumCount))
  }

  /// Keeps a place for a command that was decided.
  func reserve(_ command: Command) {
    counts[command.owner, default: 0] += 1
    totalCount += 1
  }

  /// Gives up the place of a command.
  func release(_ command: Command) {
    let count = (counts[command.owner] ?? 0) - 1
    counts[command.owner] = count > 0 ? count : nil
    totalCount -= 1
  }

  /// Lets the answer of a command, which has a place, wait for the fleet.
  func park(_ command: Command, _ answer: WipedBytes, revision: UInt64) {
    lastNumber += 1
    let timer = command.deadlineNanoseconds.map { deadline in
      // A little earlier than the worker, which can't say that the change stands.
      loop.schedule(
        afterNanoseconds: deadline - loop.now - Self.headStartNanoseconds, self, token: lastNumber)
    }
    waiters[lastNumber] = Waiter(command: command, answer: answer, timer: timer)
    fleet.post(.wait(WaiterID(lastNumber), revision: revision))
  }

  /// Answers a command that has waited. Its deadline may have been first.
  func reached(_ id: WaiterID) {
    guard let waiter = waiters.removeValue(forKey: id.number) else { return }
    if let timer = waiter.timer { loop.cancel(timer) }
    end(waiter, .success(waiter.answer))
  }

  func timerFired(token: UInt64) {
    guard let waiter = waiters.removeValue(forKey: token) else { return }
    fleet.post(.abandon(WaiterID(token)))
    end(waiter, .failure(.fleetNotReached))
  }

  private func end(_ waiter: Waiter, _ result: Result<WipedBytes, Status>) {
    release(waiter.command)
    answer(waiter.command, result)
  }
}
