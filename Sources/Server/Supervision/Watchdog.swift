package import EventLoop
package import Platform

/// Gives the service manager a sign of life, as long as there is life in every part.
///
/// Twice a period each part of the daemon is asked to answer, through the mailbox that its work
/// comes through. The sign is given once all have answered, on the main thread: so a thread that
/// hangs, this one included, lets the manager end and restart the daemon.
package final class Watchdog {
  /// Asks one part: it has to call the closure it gets, on whatever thread it runs.
  package typealias Probe = (@escaping @Sendable () -> Void) -> Void

  private let probes: [(part: String, ask: Probe)]
  private let log: Log
  private let alive: () -> Void
  private let answers: Mailbox<Int>
  private var receiver: MailboxReceiver<Int>?
  /// The parts that have not answered yet.
  private var silent: Set<Int> = []

  /// Starts to watch on `loop`, and calls `alive` there whenever all parts have answered.
  package init(
    _ loop: EventLoop, periodNanoseconds: Int64, _ probes: [(part: String, ask: Probe)],
    _ log: Log, alive: @escaping () -> Void
  ) throws(Errno) {
    self.alive = alive
    self.probes = probes
    self.log = log
    answers = try Mailbox()
    receiver = try MailboxReceiver(answers, on: loop) { [unowned self] parts in
      self.receive(parts)
    }
    // A period of nearly nothing must not keep the loop busy.
    let interval = max(1_000_000, periodNanoseconds / 2)
    let timer = LoopTimer(on: loop) { [unowned self] in
      ask()
      return interval
    }
    timer.schedule(afterNanoseconds: 0)
  }

  private func ask() {
    guard silent.isEmpty else {
      let parts = silent.sorted().map { probes[$0].part }.joined(separator: ",")
      return log.write(.warning, "no sign of life", [("parts", parts)])
    }
    silent = Set(probes.indices)
    for index in probes.indices {
      let answers = answers
      probes[index].ask { answers.post(index) }
    }
  }

  private func receive(_ parts: [Int]) {
    guard !silent.isEmpty else { return }
    silent.subtract(parts)
    if silent.isEmpty { alive() }
  }
}
