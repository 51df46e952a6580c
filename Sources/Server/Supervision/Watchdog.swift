package import EventLoop
package import Platform

/// Gives the service manager a sign of life as long as every part of the daemon answers.
///
/// Twice a period it asks each part to answer, through the mailbox that its work comes through. It
/// gives the sign once all have answered, on the main thread: when a thread hangs, this one
/// included, the manager ends and restarts the daemon.
package final class Watchdog {
  /// Asks one part, which has to call the closure, on any thread.
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
    _ probes: [(part: String, ask: Probe)], on loop: EventLoop, periodNanoseconds: Int64,
    log: Log, alive: @escaping () -> Void
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
      return log.warning("some parts of the daemon do not respond", [("parts", parts)])
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
